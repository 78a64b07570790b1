/** What is being worked on, known to every line of the log that is written meanwhile: one request, or one job of the worker. */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

/** What a line says of its cause. Nothing here names a person or opens a door. */
export interface Cause {
  requestId?: string;
  job?: string;
  task?: string;
  shop?: string | number;
}

const causes = new AsyncLocalStorage<Cause>();

/** Does the work; whatever it logs, now or later, says why it was done. */
export function becauseOf<T>(cause: Cause, work: () => T): T {
  return causes.run(cause, work);
}

/** What is being worked on; empty outside of a request or a job. */
export function currentCause(): Readonly<Cause> {
  return causes.getStore() ?? {};
}

/** Names the request: the same in its answer's header, its envelope and its log lines. */
export function currentRequestId(): string {
  return currentCause().requestId ?? newRequestId();
}

/** The name that a proxy before us gave the request, if it can be trusted to be one, else a new name. */
export function requestIdFrom(header: string | string[] | undefined): string {
  return typeof header === "string" && /^[A-Za-z0-9][\w.:-]{7,99}$/.test(header) ? header : newRequestId();
}

const newRequestId = () => `req_${randomUUID()}`;
