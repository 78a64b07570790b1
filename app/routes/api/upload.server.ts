/** The file in a request's body: read once as it comes, and known by its hash. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { MAX_IMPORT_BYTES } from "../../domain/imports/stage.server";

export interface Upload {
  chunks: AsyncIterable<Uint8Array>;
  /** The sha-256 of the whole file; what nobody has read of it is read for this. */
  hash(): Promise<Buffer>;
  /** Lets the rest pass unread, so that a sender who is still at it hears the answer. */
  pass(): void;
}

/** The body of this request as a file. */
export function openUpload(request: IncomingMessage): Upload {
  const hash = createHash("sha256");
  let size = 0;
  async function* read(): AsyncGenerator<Uint8Array> {
    // Whoever stops reading must not end the connection: the answer is still to come.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
  }
  return {
    chunks: read(),
    async hash() {
      for await (const _ of read()) if (size > MAX_IMPORT_BYTES) break;
      return hash.copy().digest();
    },
    pass: () => void request.resume(),
  };
}
