import { EventEmitter } from "node:events";
import type { WorkerEvents } from "graphile-worker";
import { beforeEach, describe, expect, it } from "vitest";
import { watch, type Watchdog } from "./watchdog";

describe("a worker that is watched", () => {
  let at: number;
  let events: WorkerEvents;
  let dog: Watchdog;
  beforeEach(() => {
    at = 0;
    events = new EventEmitter();
    dog = watch(events, { concurrency: 2, limitMs: 30_000, clock: () => at });
  });
  const tell = (event: "worker:getJob:empty" | "job:start" | "job:complete", when: number) => {
    at = when;
    events.emit(event, {} as never);
  };

  it("is not stuck while it finds nothing to do", () => {
    for (let when = 2_000; when < 120_000; when += 2_000) tell("worker:getJob:empty", when);
    expect(dog.isStuck(120_000)).toBe(false);
  });

  it("is stuck when it has not asked for work for longer than the limit", () => {
    tell("worker:getJob:empty", 5_000);
    expect(dog.isStuck(35_000)).toBe(false);
    expect(dog.isStuck(35_001)).toBe(true);
  });

  it("may be busy for as long as its jobs take, but only if every worker is", () => {
    tell("job:start", 1_000);
    tell("job:start", 1_000);
    expect(dog.isStuck(600_000)).toBe(false);
    tell("job:complete", 600_000);
    expect(dog.isStuck(630_001)).toBe(true);
  });
});
