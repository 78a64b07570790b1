/** The integration API: finds the call that an address names, opens the door, does it once, and answers in JSON. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { API_ERRORS, errorType, type ApiError } from "../../contract/api/errors";
import type { Operation } from "../../contract/api/operation";
import { API_BASE, OPERATIONS } from "../../contract/api/operations";
import { currentRequestId } from "../../lib/context.server";
import { env } from "../../lib/env.server";
import { log } from "../../lib/log.server";
import { noteRefusal } from "../../lib/metrics.server";
import { addressFields, ApiRefusal, openDoor, parse, parseJson, permit, readJsonBody, type ApiDoorOptions } from "./door.server";
import type { Handler } from "./handler";
import { HANDLERS } from "./handlers.server";
import { writeOnce, type Sent } from "./idempotency.server";
import { matchCall, type Match } from "./match";
import { PAGES } from "./reference.server";
import { openUpload } from "./upload.server";

/** 600 a second, in this process, with bursts of ten seconds' worth. */
const DOOR: ApiDoorOptions = { requests: 6_000, windowMs: 10_000 };

/** What answers any address under /api/. */
export function openApi(door: ApiDoorOptions = DOOR) {
  const enter = openDoor(door);

  return async function answerApi(request: IncomingMessage, response: ServerResponse, now: Date): Promise<void> {
    const requestId = currentRequestId();
    const headers: Record<string, string> = { "X-Request-Id": requestId, "Cache-Control": "no-store" };
    const sent = await refused(requestId, () => answer(request, { requestId, headers }, now));
    const all = { "Content-Type": "application/json; charset=utf-8", ...headers, ...sent.headers };
    if (typeof sent.body !== "string") return stream(request, response, { status: sent.status, headers: all, lines: sent.body });
    const bytes = Buffer.from(sent.body);
    response.writeHead(sent.status, { ...all, ...(sent.status !== 204 && { "Content-Length": bytes.length }) });
    response.end(request.method === "HEAD" || sent.status === 204 ? undefined : bytes);
  };

  async function answer(request: IncomingMessage, reply: Reply, now: Date): Promise<Sent | SentLines> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const page = PAGES[url.pathname];
    if (page) return asMethod(request, { GET: page })();

    const found = url.pathname.startsWith(`${API_BASE}/`) ? matchCall(url.pathname.slice(API_BASE.length)) : null;
    if (!found) throw new ApiRefusal("address_unknown");
    const calls = Object.fromEntries(Object.entries(found).map(([method, match]) => [method, () => call(request, url, match, reply, now)]));
    return asMethod(request, calls)();
  }

  async function call(request: IncomingMessage, url: URL, { name, params }: Match, { requestId, headers }: Reply, now: Date): Promise<Sent | SentLines> {
    const operation: Operation = OPERATIONS[name];
    // The table has the handler of each call under its name; TypeScript does not follow a name that is a union.
    const handle = HANDLERS[name] as unknown as Handler<Operation>;
    const caller = await enter(request, headers, now);
    permit(caller, { scope: operation.scope, secret: operation.writes === true });
    const asked = { params: parse(operation.params, addressFields(params), "path"), query: parse(operation.query, addressFields(Object.fromEntries(url.searchParams)), "query") };
    const bytes = operation.body ? await readJsonBody(request) : Buffer.alloc(0);
    const body = operation.body && parse(operation.body, parseJson(bytes), "body");

    const upload = operation.file ? openUpload(csvOf(request)) : null;
    const ask = (requestKey: string) => handle({ ...asked, body }, { shop: caller.shop, keyId: caller.keyId, now, requestKey, file: upload?.chunks ?? request });
    if (operation.csv) return { status: 200, body: (await ask("")) as AsyncIterable<string>, headers: { "Content-Type": "text/csv; charset=utf-8" } };
    const work = async (requestKey: string) => json(200, await ask(requestKey));
    if (typeof operation.writes === "object" && operation.writes.when(asked.query, body ?? {})) permit(caller, { scope: operation.writes.scope, secret: true });
    else if (operation.writes !== true) return work("");
    try {
      return await writeOnce({ caller, request, bytes, upload, now, work: (requestKey) => refused(requestId, () => work(requestKey)) });
    } finally {
      upload?.pass();
    }
  }
}

/** The one of this process. */
export const answerApi = openApi();

/** An answer that is sent line by line. */
interface SentLines {
  status: number;
  body: AsyncIterable<string>;
  headers: Record<string, string>;
}

interface Reply {
  requestId: string;
  /** Sent with whatever the answer is. */
  headers: Record<string, string>;
}

/** The work of the request's method. HEAD is a GET without its body; OPTIONS says what there is. Throws ApiRefusal. */
function asMethod<Answer>(request: IncomingMessage, works: Record<string, () => Promise<Answer>>): () => Promise<Answer | Sent> {
  const methods = Object.keys(works);
  const allow = { Allow: [...methods, ...(works.GET ? ["HEAD"] : []), "OPTIONS"].join(", ") };
  if (request.method === "OPTIONS") return async () => ({ status: 204, body: "", headers: allow });
  const work = works[request.method === "HEAD" ? "GET" : (request.method ?? "")];
  if (!work) throw new ApiRefusal("method_not_allowed", `This address takes ${methods.join(" and ")}.`, allow);
  return work;
}

/** The body of a call that takes a file. Throws ApiRefusal for another type. */
function csvOf(request: IncomingMessage): IncomingMessage {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "text/csv") throw new ApiRefusal("media_type_unsupported", "Send the file as it is, with Content-Type: text/csv.");
  return request;
}

/** Sends a file as it is read; a reader that is slow is waited for. */
async function stream(request: IncomingMessage, response: ServerResponse, { status, headers, lines }: { status: number; headers: Record<string, string>; lines: AsyncIterable<string> }): Promise<void> {
  response.writeHead(status, headers);
  if (request.method === "HEAD") return void response.end();
  await pipeline(Readable.from(lines), response);
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): Sent {
  return { status, body: JSON.stringify(value), headers };
}

/** The work's answer, or the envelope of its refusal; what nobody foresaw is logged and told as a fault of ours. */
async function refused<Answer>(requestId: string, work: () => Promise<Answer>): Promise<Answer | Sent> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiRefusal) return envelope(error, requestId);
    log.error({ requestId, err: error }, "a call of the API failed");
    return envelope(new ApiRefusal("unavailable", undefined, { "Retry-After": "1" }), requestId);
  }
}

function envelope({ reason, detail, headers, extra }: ApiRefusal, requestId: string): Sent {
  const { code, status, message } = API_ERRORS[reason];
  noteRefusal("api", reason);
  const documentationUrl = `${env.SHOPIFY_APP_URL}/api/reference#${reason}`;
  const body: ApiError = { code, type: errorType(reason), reason, message: detail ?? message, documentationUrl, requestId };
  return json(status, { ...body, ...extra }, headers);
}
