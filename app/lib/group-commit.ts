/**
 * Group commit: what arrives while a batch is being committed makes the next batch. No timer: alone, an item goes in the same
 * turn of the event loop; under load, one commit carries many.
 */

export interface GroupCommitOptions<Item, Result> {
  /** Commits a batch; answers one result for each item, in order. A throw fails the whole batch. */
  commit: (items: Item[]) => Promise<Result[]>;
  /** Of items with the same key one goes into a batch; the others wait for the next, in the order in which they came. None: any items go together. */
  keyOf?: (item: Item) => string;
  /** Batches that are committed at the same time, at most. What waits is shared out among them; a key is in one of them only. */
  lanes?: number;
  /** Items that must wait before another lane opens beside one at work: a small batch costs nearly as much as a large one. */
  laneFrom?: number;
  /** Items in one batch at most. */
  batchLimit: number;
  /** Items waiting at most; beyond it `submit` throws GroupCommitFull rather than letting the queue grow. */
  queueLimit: number;
  /** Told the size of each batch that was taken. */
  observe?: (size: number) => void;
}

/** Thrown by `submit` when more waits than may: the caller should come back later. */
export class GroupCommitFull extends Error {}

const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** A function that hands one item to the next batch and waits for its result. */
export function groupCommit<Item, Result>({ commit, keyOf, lanes = 1, laneFrom = 1, batchLimit, queueLimit, observe }: GroupCommitOptions<Item, Result>) {
  let queue: Waiting<Item, Result>[] = [];
  /** Keys of the batches that are being committed. */
  const keys = new Set<string>();
  let open = 0;
  let taking = 0;

  /** One lane: batch after batch while there is something to take. */
  async function run(): Promise<void> {
    open++;
    for (;;) {
      taking++;
      // Whoever was just answered and asks again comes along: else the first of them would make a batch of one.
      await endOfTurn();
      const isOfAnother = open > 1 && queue.length < laneFrom;
      const batch = isOfAnother ? [] : takeBatch(Math.min(batchLimit, Math.ceil(queue.length / taking)));
      taking--;
      if (batch.length === 0) break;
      observe?.(batch.length);
      await commitBatch(batch);
      if (keyOf) for (const { item } of batch) keys.delete(keyOf(item));
    }
    open--;
  }

  function takeBatch(size: number): Waiting<Item, Result>[] {
    const batch: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    for (const waiting of queue) {
      const key = keyOf?.(waiting.item);
      const isTaken = batch.length < size && (key === undefined || !keys.has(key));
      if (isTaken && key !== undefined) keys.add(key);
      (isTaken ? batch : left).push(waiting);
    }
    queue = left;
    return batch;
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
      if (open === 0 || (open < lanes && queue.length >= laneFrom)) void run();
    });
  };
}
