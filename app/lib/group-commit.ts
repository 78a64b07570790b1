/**
 * Group commit: what arrives while a batch is being committed makes the next batch. No timer: alone, an item goes at once;
 * under load, one commit carries many.
 */

export interface GroupCommitOptions<Item, Result> {
  /** Commits a batch; answers one result for each item, in order. A throw fails the whole batch. */
  commit: (items: Item[]) => Promise<Result[]>;
  /** Items in one batch at most. */
  batchLimit: number;
  /** Items waiting at most; beyond it `submit` throws GroupCommitFull rather than letting the queue grow. */
  queueLimit: number;
}

/** Thrown by `submit` when more waits than may: the caller should come back later. */
export class GroupCommitFull extends Error {}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** A function that hands one item to the next batch and waits for its result. */
export function groupCommit<Item, Result>({ commit, batchLimit, queueLimit }: GroupCommitOptions<Item, Result>) {
  let queue: Waiting<Item, Result>[] = [];
  let committing = false;

  async function run(): Promise<void> {
    committing = true;
    try {
      while (queue.length > 0) {
        const batch = queue.slice(0, batchLimit);
        queue = queue.slice(batchLimit);
        await commitBatch(batch);
      }
    } finally {
      committing = false;
    }
  }

  async function commitBatch(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error(`a batch of ${batch.length} was answered with ${results.length} results`);
      results.forEach((result, index) => batch[index]?.resolve(result));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return function submit(item: Item): Promise<Result> {
    if (queue.length >= queueLimit) return Promise.reject(new GroupCommitFull());
    return new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (!committing) void run();
    });
  };
}
