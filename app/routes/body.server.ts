/** The raw body of a request, bounded. */
import type { IncomingMessage } from "node:http";

export type RawBody =
  | { outcome: "read"; bytes: Buffer }
  /** More than the limit. The rest is drained, so that the answer reaches the sender. */
  | { outcome: "too_large" }
  /** The sender went away in the middle. */
  | { outcome: "aborted" };

/** Reads a body of at most `limit` bytes. */
export function readBody(request: IncomingMessage, limit: number): Promise<RawBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on("end", () => resolve(length > limit ? { outcome: "too_large" } : { outcome: "read", bytes: Buffer.concat(chunks) }));
    request.on("error", () => resolve({ outcome: "aborted" }));
  });
}
