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
    if (!result.success) throw new MalformedPayload(faultOf(result.error));
    await work(tx, event, result.data, now);
  };
}

/** Several payloads of one topic and shop that are worked together, in the order in which they came. */
export interface PayloadSet {
  /** Why a payload is not of the topic's form; null: it is, and is worked. */
  faults: (string | null)[];
  work(tx: Tx, shopId: number, now: Date): Promise<void>;
}
export type SetTopic = (payloads: unknown[]) => PayloadSet;

/** A topic whose payloads are worked in sets. */
export function setTopic<T extends z.ZodType>(schema: T, work: (tx: Tx, shopId: number, payloads: z.infer<T>[], now: Date) => Promise<void>): SetTopic {
  return (payloads) => {
    const results = payloads.map((payload) => schema.safeParse(payload));
    return {
      faults: results.map(({ error }) => (error ? faultOf(error) : null)),
      work: (tx, shopId, now) => work(tx, shopId, results.flatMap((result) => (result.success ? [result.data] : [])), now),
    };
  };
}

function faultOf({ issues }: z.ZodError): string {
  return issues.slice(0, 5).map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
}
