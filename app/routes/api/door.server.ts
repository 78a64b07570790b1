/** Who calls the integration API: which key pair, of which shop, whether it may do this, and whether it asks too often. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { z } from "zod";
import type { ApiErrorReason } from "../../contract/api/errors";
import type { ApiScope } from "../../contract/api/scopes";
import { isSecretOf } from "../../domain/keys/key.server";
import { noteKeyUse } from "../../domain/keys/note-use.server";
import { findKey } from "../../domain/keys/queries.server";
import { log } from "../../lib/log.server";
import { rateLimit } from "../../lib/rate-limit";
import { readBody } from "../body.server";

const BODY_LIMIT = 256 * 1024;
const FAULTS_NAMED = 10;

/** How long a key is believed without looking again: a revocation bites after this at the latest. */
const KEY_FRESH_MS = 2_000;
const KEYS_REMEMBERED = 10_000;
/** No key of ours is longer; what is longer is not even remembered. */
const KEY_LENGTH = 64;
/** A key's last use is written down at most so often. */
const USE_NOTED_MS = 60_000;

/** Thrown at the door, or by a handler that maps an outcome; becomes the error envelope. */
export class ApiRefusal extends Error {
  constructor(
    readonly reason: ApiErrorReason,
    /** Where the list of errors says it less exactly. */
    readonly detail?: string,
    readonly headers: Record<string, string> = {},
    /** What a caller may want to know besides, beside the envelope's own fields. */
    readonly extra: Record<string, unknown> = {},
  ) {
    super(detail ?? reason);
  }
}

type FoundKey = NonNullable<Awaited<ReturnType<typeof findKey>>>;

export interface ApiCaller {
  keyId: bigint;
  shop: FoundKey["shop"];
  scopes: string[];
  /** Whether the secret came along, and was right. */
  proven: boolean;
}

/** Whether the caller may do what this permission says; `secret`: only with the secret. Throws ApiRefusal. */
export function permit(caller: ApiCaller, { scope, secret }: { scope: ApiScope; secret: boolean }): void {
  if (secret && !caller.proven) throw new ApiRefusal("secret_key_missing");
  if (!caller.scopes.includes(scope)) throw new ApiRefusal("scope_missing", `This key pair lacks the permission ${scope}.`);
}

export interface ApiDoorOptions {
  /** Requests that one key pair may make in `windowMs`, in this process. */
  requests: number;
  windowMs: number;
}

/** Opens a door that remembers keys and counts requests. */
export function openDoor({ requests, windowMs }: ApiDoorOptions) {
  const count = rateLimit({ limit: requests, windowMs, keysLimit: KEYS_REMEMBERED });
  const keys = new Map<string, { found: FoundKey | null; readAt: number; notedAt: number }>();

  async function lookUp(key: string, now: Date) {
    const before = keys.get(key);
    const ageMs = before ? now.getTime() - before.readAt : Infinity;
    if (before && ageMs >= 0 && ageMs < KEY_FRESH_MS) return before;
    const read = { found: await findKey(key), readAt: now.getTime(), notedAt: before?.notedAt ?? 0 };
    keys.delete(key);
    keys.set(key, read);
    const oldest = keys.keys().next();
    if (keys.size > KEYS_REMEMBERED && !oldest.done) keys.delete(oldest.value);
    return read;
  }

  /** The caller. `headers` receives the state of the rate limit. Throws ApiRefusal. */
  return async function enter(request: IncomingMessage, headers: Record<string, string>, now: Date): Promise<ApiCaller> {
    const key = single(request.headers, "apikey");
    if (key === null) throw new ApiRefusal("api_key_missing");
    if (key.length > KEY_LENGTH) throw new ApiRefusal("api_key_unknown");
    const remembered = await lookUp(key, now);
    const { found } = remembered;
    if (!found || found.revokedAt) throw new ApiRefusal("api_key_unknown");

    const { waitMs, remaining, resetMs } = count(key, now);
    headers["X-RateLimit-Limit"] = String(requests);
    headers["X-RateLimit-Remaining"] = String(remaining);
    headers["X-RateLimit-Reset"] = String(Math.ceil((now.getTime() + resetMs) / 1000));
    if (waitMs > 0) throw new ApiRefusal("too_many_requests", undefined, { "Retry-After": String(Math.ceil(waitMs / 1000)) });

    const secretKey = single(request.headers, "secretkey");
    if (secretKey !== null && !isSecretOf(found.secretHash, secretKey)) throw new ApiRefusal("secret_key_wrong");
    if (found.shop.uninstalledAt) throw new ApiRefusal("shop_uninstalled");

    if (now.getTime() - remembered.notedAt >= USE_NOTED_MS) {
      remembered.notedAt = now.getTime();
      noteKeyUse(found.shopId, found.id, now).catch((error: unknown) => log.warn({ err: error }, "could not note the use of a key"));
    }
    return { keyId: found.id, shop: found.shop, scopes: found.scopes, proven: secretKey !== null };
  };
}

/** The one value of a header, or null; an empty one is none. */
function single(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** The bytes of a JSON body; empty for one that was not sent. Throws ApiRefusal. */
export async function readJsonBody(request: IncomingMessage): Promise<Buffer> {
  const body = await readBody(request, BODY_LIMIT);
  if (body.outcome === "aborted") throw new ApiRefusal("body_incomplete");
  if (body.outcome === "too_large") throw new ApiRefusal("body_too_large", undefined, { Connection: "close" });
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (body.bytes.length > 0 && type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) throw new ApiRefusal("media_type_unsupported");
  return body.bytes;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
/** What PostgreSQL cannot store as text: NUL, and half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * What the bytes say. An empty body is an empty object, and a field with an empty text is left out: many clients send all fields
 * of a form, filled in or not. Throws ApiRefusal.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(UTF8.decode(bytes), function (this: unknown, key, value: unknown) {
      if (UNSTORABLE.test(key) || (typeof value === "string" && UNSTORABLE.test(value))) throw new Error("not storable");
      return value === "" && !Array.isArray(this) ? undefined : value;
    });
  } catch {
    throw new ApiRefusal("not_json");
  }
}

/** What an address says: its parameters by name. Throws ApiRefusal for text that cannot be looked up. */
export function addressFields(fields: Record<string, string>): Record<string, string> {
  const wrong = Object.entries(fields).find(([, value]) => UNSTORABLE.test(value));
  if (wrong) throw new ApiRefusal("argument_invalid", `${wrong[0]}: It holds a character that no id has.`);
  return fields;
}

/** The value in this form. Throws ApiRefusal that names every field which is not. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, FAULTS_NAMED);
  const named = issues.map((issue) => `${issue.path.map(String).join(".") || what}: ${issue.message}`).join("; ");
  throw new ApiRefusal(issues.some((issue) => isMissing(value, issue.path)) ? "argument_missing" : "argument_invalid", named);
}

function isMissing(value: unknown, path: PropertyKey[]): boolean {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return false;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return path.length > 0 && at === undefined;
}
