/** What a process says of itself to those who watch over it: the same of web and worker. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../lib/clock";
import { log } from "../lib/log.server";
import { answerHealth, answerReadiness } from "./health.server";
import { answerMetrics } from "./metrics.server";

type Answer = (request: IncomingMessage, response: ServerResponse, now: Date) => Promise<void>;

export const WATCHED: ReadonlyMap<string, Answer> = new Map([
  ["/healthz", answerHealth],
  ["/readyz", answerReadiness],
  ["/metrics", answerMetrics],
]);

/** All that a worker answers; anything else is 404. */
export function answerWatch(request: IncomingMessage, response: ServerResponse): void {
  const answer = WATCHED.get((request.url ?? "/").split("?")[0] ?? "");
  if (!answer) return void response.writeHead(404).end();
  answer(request, response, systemClock()).catch((error: unknown) => {
    log.error({ err: error }, "the process could not speak of itself");
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
}
