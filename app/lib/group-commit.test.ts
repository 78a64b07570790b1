import { describe, expect, it } from "vitest";
import { groupCommit, GroupCommitFull } from "./group-commit";

/** A commit whose batches end when the test says so. */
function slowCommit() {
  const batches: { items: number[]; end: (error?: Error) => void }[] = [];
  const commit = (items: number[]) =>
    new Promise<number[]>((resolve, reject) => {
      batches.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => item * 10))) });
    });
  /** The next batch that was not ended. */
  let ended = 0;
  const next = async () => {
    while (batches.length <= ended) await new Promise((resolve) => setImmediate(resolve));
    const batch = batches[ended++];
    if (!batch) throw new Error("there is no batch");
    return batch;
  };
  const endAll = async (count: number) => {
    for (let index = 0; index < count; index++) (await next()).end();
    return batches.map(({ items }) => items);
  };
  return { commit, next, endAll };
}

describe("group commit", () => {
  it("sends what comes in one turn together, and what comes meanwhile next, in batches no larger than they may be", async () => {
    const { commit, next, endAll } = slowCommit();
    const submit = groupCommit({ commit, keyOf: String, batchLimit: 3, queueLimit: 100 });
    const results = [1, 2].map((item) => submit(item));
    const first = await next();
    results.push(...[3, 4, 5, 6].map((item) => submit(item)));
    first.end();
    expect(await endAll(2)).toEqual([[1, 2], [3, 4, 5], [6]]);
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it("takes along whoever was just answered and asks again", async () => {
    const { commit, endAll } = slowCommit();
    const submit = groupCommit({ commit, batchLimit: 10, queueLimit: 100 });
    const ask = async (item: number) => {
      await submit(item);
      await submit(item + 1);
    };
    const asking = Promise.all([ask(1), ask(11), ask(21)]);
    expect(await endAll(2)).toEqual([[1, 11, 21], [2, 12, 22]]);
    await asking;
  });

  it("takes one of a key into a batch, and the next of it into the next", async () => {
    const { commit, endAll } = slowCommit();
    const submit = groupCommit({ commit, keyOf: (item) => String(item % 10), batchLimit: 3, queueLimit: 100 });
    const results = [1, 2, 12, 22, 3, 4, 13].map((item) => submit(item));
    expect(await endAll(3)).toEqual([[1, 2, 3], [12, 4, 13], [22]]);
    expect(await Promise.all(results)).toEqual([10, 20, 120, 220, 30, 40, 130]);
  });

  it("shares what waits out among its lanes, and no key is in two of them", async () => {
    const { commit, next } = slowCommit();
    const submit = groupCommit({ commit, keyOf: (item) => String(item % 10), lanes: 2, batchLimit: 10, queueLimit: 100 });
    const results = [1, 11, 2, 3].map((item) => submit(item));
    const [one, two] = [await next(), await next()];
    expect([one.items, two.items]).toEqual([[1, 2], [3]]);
    two.end();
    results.push(submit(21), submit(3));
    const three = await next();
    expect(three.items).toEqual([3]);
    one.end();
    const four = await next();
    expect(four.items).toEqual([11]);
    three.end();
    four.end();
    (await next()).end();
    expect(await Promise.all(results)).toEqual([10, 110, 20, 30, 210, 30]);
  });

  it("opens another lane only for as many as are worth a batch of their own", async () => {
    const { commit, next } = slowCommit();
    const submit = groupCommit({ commit, lanes: 2, laneFrom: 3, batchLimit: 10, queueLimit: 100 });
    const results = [submit(1)];
    const one = await next();
    results.push(submit(2), submit(3), submit(4));
    const two = await next();
    results.push(submit(5), submit(6));
    two.end();
    one.end();
    const three = await next();
    expect([one.items, two.items, three.items]).toEqual([[1], [2, 3, 4], [5, 6]]);
    three.end();
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it("fails a batch that fails, and goes on with the next", async () => {
    const { commit, next } = slowCommit();
    const submit = groupCommit({ commit, keyOf: String, batchLimit: 1, queueLimit: 100 });
    const [first, second] = [submit(1), submit(2)];
    (await next()).end(new Error("the connection broke"));
    await expect(first).rejects.toThrow("the connection broke");
    (await next()).end();
    expect(await second).toBe(20);
  });

  it("refuses rather than letting the queue grow for ever", async () => {
    const { commit, endAll } = slowCommit();
    const submit = groupCommit({ commit, keyOf: String, batchLimit: 1, queueLimit: 2 });
    const accepted = [submit(1), submit(2)];
    await expect(submit(3)).rejects.toThrow(GroupCommitFull);
    await endAll(2);
    expect(await Promise.all(accepted)).toEqual([10, 20]);
  });

  it("does not take a commit's silence about an item for success", async () => {
    const submit = groupCommit<number, number>({ commit: async () => [], keyOf: String, batchLimit: 1, queueLimit: 2 });
    await expect(submit(1)).rejects.toThrow("answered with 0 results");
  });
});
