import { describe, expect, it } from "vitest";
import { groupCommit, GroupCommitFull } from "./group-commit";

/** A commit that ends when the test says so. */
function slowCommit() {
  const batches: { items: number[]; end: (error?: Error) => void }[] = [];
  const commit = (items: number[]) =>
    new Promise<number[]>((resolve, reject) => {
      batches.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => item * 10))) });
    });
  return { batches, commit };
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("group commit", () => {
  it("sends the first at once, and what comes meanwhile together, in batches no larger than they may be", async () => {
    const { batches, commit } = slowCommit();
    const submit = groupCommit({ commit, keyOf: String, batchLimit: 3, queueLimit: 100 });
    const results = [1, 2, 3, 4, 5].map((item) => submit(item));
    for (let index = 0; index < 3; index++) {
      batches[index]?.end();
      await turn();
    }
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5]]);
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50]);
  });

  it("takes one of a key into a batch, and the next of it into the next", async () => {
    const { batches, commit } = slowCommit();
    const submit = groupCommit({ commit, keyOf: (item) => String(item % 10), batchLimit: 3, queueLimit: 100 });
    const results = [1, 2, 12, 22, 3, 4, 13].map((item) => submit(item));
    for (let index = 0; index < 4; index++) {
      batches[index]?.end();
      await turn();
    }
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [12, 13], [22]]);
    expect(await Promise.all(results)).toEqual([10, 20, 120, 220, 30, 40, 130]);
  });

  it("fails a batch that fails, and goes on with the next", async () => {
    const { batches, commit } = slowCommit();
    const submit = groupCommit({ commit, keyOf: String, batchLimit: 10, queueLimit: 100 });
    const [first, second] = [submit(1), submit(2)];
    batches[0]?.end(new Error("the connection broke"));
    await expect(first).rejects.toThrow("the connection broke");
    await turn();
    batches[1]?.end();
    expect(await second).toBe(20);
  });

  it("refuses rather than letting the queue grow for ever", async () => {
    const { batches, commit } = slowCommit();
    const submit = groupCommit({ commit, keyOf: String, batchLimit: 1, queueLimit: 2 });
    const accepted = [submit(1), submit(2), submit(3)];
    await expect(submit(4)).rejects.toThrow(GroupCommitFull);
    for (let index = 0; index < 3; index++) {
      batches[index]?.end();
      await turn();
    }
    expect(await Promise.all(accepted)).toEqual([10, 20, 30]);
  });

  it("does not take a commit's silence about an item for success", async () => {
    const submit = groupCommit<number, number>({ commit: async () => [], keyOf: String, batchLimit: 1, queueLimit: 2 });
    await expect(submit(1)).rejects.toThrow("answered with 0 results");
  });
});
