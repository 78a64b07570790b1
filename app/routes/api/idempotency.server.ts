/** A write with an Idempotency-Key is done once: every repetition is answered with what the first one was. */
import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleepFor } from "node:timers/promises";
import { beginAnswer } from "../../domain/answers/begin.server";
import { freeAnswer, keepAnswer } from "../../domain/answers/finish.server";
import { ApiRefusal, type ApiCaller } from "./door.server";
import type { Upload } from "./upload.server";

/** How long a repetition waits for the first one before it is told to come back. */
const WAITS_MS = [25, 50, 100, 200, 400, 800];

/** What is sent: a status and a JSON text. */
export interface Sent {
  status: number;
  body: string;
  headers: Record<string, string>;
}

interface Write {
  caller: ApiCaller;
  request: IncomingMessage;
  bytes: Buffer;
  /** The body where it is a file: what it says is known when it was read to its end. */
  upload: Upload | null;
  now: Date;
  /** Does the work. `requestKey` is what makes its verbs safe to repeat: a crash before the answer was kept doubles nothing. */
  work: (requestKey: string) => Promise<Sent>;
}

/** Does the work, or answers with what was answered before. Throws ApiRefusal. */
export async function writeOnce({ caller, request, bytes, upload, now, work }: Write): Promise<Sent> {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return work(randomUUID());
  if (typeof header !== "string" || !/^[\x21-\x7e]{1,255}$/.test(header)) throw new ApiRefusal("idempotency_key_malformed");

  const key = `${caller.keyId}:${header}`;
  const hashOf = (body: Buffer) => new Uint8Array(createHash("sha256").update(`${request.method} ${request.url}\n`).update(body).digest());
  const wholeHash = upload && (async () => hashOf(await upload.hash()));
  let requestHash = hashOf(bytes);
  let isWhole = wholeHash === null;
  for (let waits = 0; ; ) {
    const begun = await beginAnswer(caller.shop.id, { key, requestHash }, now);
    switch (begun.outcome) {
      case "first":
        return workOnce(caller.shop.id, { key, token: begun.token }, () => work(requestKeyOf(key, requestHash)), wholeHash ?? (async () => requestHash));
      case "answered":
        return { status: begun.status, body: begun.body, headers: { "Idempotency-Replayed": "true" } };
      case "other_request":
        if (isWhole || wholeHash === null) throw new ApiRefusal("idempotency_key_reused");
        // Answered for some file: perhaps for this one.
        requestHash = await wholeHash();
        isWhole = true;
        break;
      case "in_progress": {
        const waitMs = WAITS_MS[waits++];
        if (waitMs === undefined) throw new ApiRefusal("request_in_progress", undefined, { "Retry-After": "1" });
        await sleepFor(waitMs);
        break;
      }
      default:
        begun satisfies never;
    }
  }
}

/** Of the key and what was asked: once the key is forgotten it may stand for something else. */
function requestKeyOf(key: string, requestHash: Uint8Array): string {
  return createHash("sha256").update(`${key}\n`).update(requestHash).digest("base64url");
}

/** A fault of ours is not kept: the next of the same key tries again. */
async function workOnce(shopId: number, claim: { key: string; token: Date }, work: () => Promise<Sent>, hash: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Sent> {
  try {
    const sent = await work();
    if (sent.status >= 500) await freeAnswer(shopId, claim);
    else await keepAnswer(shopId, { ...claim, requestHash: await hash(), status: sent.status, body: sent.body });
    return sent;
  } catch (error) {
    await freeAnswer(shopId, claim);
    throw error;
  }
}
