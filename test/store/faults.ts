/** What can go wrong between the app and Shopify, on order. */

export type FaultKind =
  /** HTTP 200 with THROTTLED. */
  | "throttled"
  | "http_429"
  | "http_500"
  /** Nothing is done and no answer comes: the connection stays open until the client gives up. */
  | "timeout"
  /** The work is done, and the connection is cut before the answer. */
  | "lost_answer";

export interface Fault {
  kind: FaultKind;
  /** A root field of the operation, as "discountRedeemCodeBulkAdd"; every operation when left out. */
  operation?: string;
  /** How many requests meet it; one when left out. */
  times?: number;
}

export class Faults {
  #planned: { kind: FaultKind; operation: string | null; left: number }[] = [];

  /** The next fitting requests meet this fault. Several plans are met in the order they were made. */
  next({ kind, operation, times = 1 }: Fault): void {
    this.#planned.push({ kind, operation: operation ?? null, left: times });
  }

  clear(): void {
    this.#planned = [];
  }

  /** How many requests are still to meet a fault. */
  get left(): number {
    return this.#planned.reduce((sum, plan) => sum + plan.left, 0);
  }

  /** The fault a request with these root fields meets now, or null; it is used up by that. */
  take(rootFields: readonly string[]): FaultKind | null {
    const plan = this.#planned.find((one) => one.left > 0 && (one.operation === null || rootFields.includes(one.operation)));
    if (!plan) return null;
    plan.left -= 1;
    return plan.kind;
  }
}
