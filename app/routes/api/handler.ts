/** What answers a call: it is given what was checked, and who asks. */
import type { AnswerOf, Asked, Operation } from "../../contract/api/operation";
import type { ApiCaller } from "./door.server";

export interface ApiContext {
  shop: ApiCaller["shop"];
  keyId: bigint;
  now: Date;
  /** Of a write: the same for every repetition, as the verbs want it. */
  requestKey: string;
  /** The body of a call that takes a file, as it comes. */
  file: AsyncIterable<Uint8Array>;
}

/** Throws ApiRefusal for an outcome that gives the caller nothing. */
export type Handler<T extends Operation> = (asked: Asked<T>, context: ApiContext) => Promise<T["csv"] extends true ? AsyncIterable<string> : AnswerOf<T>>;
