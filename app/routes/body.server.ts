/** The raw body of a request, bounded. */
import type { IncomingMessage } from "node:http";

export type RawBody =
  | { outcome: "read"; bytes: Buffer }
  /** More than the limit. Answer with CLOSE: what the sender still has to say is not read. */
  | { outcome: "too_large" }
  /** The sender went away in the middle. */
  | { outcome: "aborted" };

/** Ends the connection after the answer. */
export const CLOSE = { Connection: "close" };

/** Read to this many times the limit: one who is a little above hears the answer, one who never ends is cut off. */
const DRAIN_FACTOR = 2;

/** Reads a body of at most `limit` bytes. */
export function readBody(request: IncomingMessage, limit: number): Promise<RawBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) return void chunks.push(chunk);
      chunks.length = 0;
      if (length <= limit * DRAIN_FACTOR) return;
      request.pause();
      resolve({ outcome: "too_large" });
    });
    request.on("end", () => resolve(length > limit ? { outcome: "too_large" } : { outcome: "read", bytes: Buffer.concat(chunks) }));
    request.on("error", () => resolve({ outcome: "aborted" }));
  });
}
