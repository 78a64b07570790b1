/** The leaky bucket Shopify keeps for each app and shop: what a client sees as throttleStatus. */

export interface BucketOptions {
  max: number;
  /** Points a second. */
  restore: number;
  /** A clock in ms; the machine's own unless a test wants to turn it. */
  now?: () => number;
}

export interface ThrottleStatus {
  maximumAvailable: number;
  currentlyAvailable: number;
  restoreRate: number;
}

export const STANDARD_BUCKET: BucketOptions = { max: 2000, restore: 100 };

export class Bucket {
  readonly #max: number;
  readonly #restore: number;
  readonly #now: () => number;
  #level: number;
  #readAt: number;

  constructor({ max, restore, now = () => performance.now() }: BucketOptions = STANDARD_BUCKET) {
    this.#max = max;
    this.#restore = restore;
    this.#now = now;
    this.#level = max;
    this.#readAt = now();
  }

  /** Reserves the cost; false when the bucket holds less, and nothing is taken. */
  take(cost: number): boolean {
    this.#flow();
    if (this.#level < cost) return false;
    this.#level -= cost;
    return true;
  }

  /** Gives back what was reserved and not used. */
  giveBack(cost: number): void {
    this.#flow();
    this.#level = Math.min(this.#max, this.#level + cost);
  }

  /** Lets a test start from an empty or nearly empty bucket. */
  drain(left = 0): void {
    this.#flow();
    this.#level = left;
  }

  status(): ThrottleStatus {
    this.#flow();
    return { maximumAvailable: this.#max, currentlyAvailable: Math.floor(this.#level), restoreRate: this.#restore };
  }

  #flow(): void {
    const now = this.#now();
    this.#level = Math.min(this.#max, this.#level + ((now - this.#readAt) / 1000) * this.#restore);
    this.#readAt = now;
  }
}
