/** What a topic is: the form of its payload, and what it does within the transaction that marks the event done. */
import type { z } from "zod";
import type { Tx } from "../../lib/db.server";

/** The event around a payload. */
export interface EventFacts {
  shopId: number;
  shopDomain: string;
  webhookId: string;
  /** When it happened at Shopify, as far as Shopify says. */
  triggeredAt: Date;
}

/** The payload is not of its topic's form: working it again cannot help. */
export class MalformedPayload extends Error {}

/** Works one payload, not yet checked. Throws MalformedPayload, or whatever the database throws. */
export type Topic = (tx: Tx, event: EventFacts, payload: unknown, now: Date) => Promise<void>;

/** A topic out of its payload's schema and what it does. */
export function topic<T extends z.ZodType>(schema: T, work: (tx: Tx, event: EventFacts, payload: z.infer<T>, now: Date) => Promise<void>): Topic {
  return async (tx, event, payload, now) => {
    const result = schema.safeParse(payload);
    if (!result.success) {
      const faults = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
      throw new MalformedPayload(faults.join("; "));
    }
    await work(tx, event, result.data, now);
  };
}
