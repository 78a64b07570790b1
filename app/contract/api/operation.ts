/** What a call of the integration API is: the one description that routes it, checks it, types its answer and documents it. */
import type { z } from "zod";
import type { ApiErrorReason } from "./errors";
import type { ApiScope } from "./scopes";

type Fields = z.ZodObject;

/** A call that changes something only when the request says so; then it needs this permission too. */
export interface WritesWhen {
  scope: ApiScope;
  when: (query: Record<string, unknown>, body: Record<string, unknown>) => boolean;
}

export interface Operation {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /api/v4.0/integrations, with {names} of parameters. */
  path: string;
  tag: "Coupons" | "Locks" | "Orders" | "Points" | "Customers" | "Awards" | "Locations" | "Imports";
  summary: string;
  /** What an integrator must know; plain sentences. */
  description: string;
  scope: ApiScope;
  /** Whether it changes something: then it needs the secretkey, and may carry an Idempotency-Key. */
  writes: boolean | WritesWhen;
  params: Fields;
  query: Fields;
  /** Null: without a JSON body. */
  body: Fields | null;
  /** Its body is a CSV file, however large. */
  file?: true;
  answer: z.ZodType;
  /** Its answer is a CSV file. */
  csv?: true;
  /** Refusals of its own, besides those of any call. */
  errors: readonly ApiErrorReason[];
}

/** Keeps the exact types of a call's schemas. */
export function operation<const T extends Operation>(described: T): T {
  return described;
}

/** A call's request as its handler gets it, and the answer it owes. */
export interface Asked<T extends Operation> {
  params: z.output<T["params"]>;
  query: z.output<T["query"]>;
  body: Body<T["body"]>;
}
type Body<B> = B extends z.ZodType ? z.output<B> : null;
export type AnswerOf<T extends Operation> = z.input<T["answer"]>;
