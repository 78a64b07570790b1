/** Posts to addresses that strangers gave us: no redirects, no private networks, bounded in time and size. */
import { lookup as resolve, type LookupAddress } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPrivateAddress } from "./private-address";

const TIME_LIMIT_MS = 10_000;
/** What of an answer is read; the rest is not waited for. */
const ANSWER_LIMIT = 2_000;

export type Posted =
  /** text: how the answer's body begins. */
  | { outcome: "answered"; status: number; text: string }
  /** Nobody answered, or not in time, or the address is not one we post to. */
  | { outcome: "unreachable"; problem: string };

export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<Posted>;

export interface PostOptions {
  /** Addresses of this machine and its network too, and plain http: for development and tests. */
  allowPrivate: boolean;
  timeLimitMs?: number;
}

class RefusedAddress extends Error {}

/** A poster. Names are resolved and checked at the moment of connecting: a name that changes its mind later leads nowhere else. */
export function openPost({ allowPrivate, timeLimitMs = TIME_LIMIT_MS }: PostOptions): Post {
  const lookup = allowPrivate ? undefined : publicLookup;
  const connection = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16, timeout: timeLimitMs, ...(lookup && { lookup }) };
  const agents = { "http:": new http.Agent(connection), "https:": new https.Agent(connection) };

  return async (text, headers, body) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:"))) return { outcome: "unreachable", problem: "not an https address" };
    const host = url.hostname.replace(/^\[|\]$/g, "");
    // An address in digits is connected to without a look-up.
    if (!allowPrivate && isIP(host) && isPrivateAddress(host)) return { outcome: "unreachable", problem: "the address is not public" };
    try {
      return await send(url, { headers, body, agent: agents[url.protocol], timeLimitMs });
    } catch (error) {
      return { outcome: "unreachable", problem: problemOf(error) };
    }
  };
}

interface Sending {
  headers: Record<string, string>;
  body: string;
  agent: http.Agent;
  timeLimitMs: number;
}

function send(url: URL, { headers, body, agent, timeLimitMs }: Sending): Promise<Posted> {
  const signal = AbortSignal.timeout(timeLimitMs);
  return new Promise((answered, failed) => {
    const { request: open } = url.protocol === "https:" ? https : http;
    const request = open(url, { method: "POST", agent, signal, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) } }, (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      const done = () => answered({ outcome: "answered", status: response.statusCode ?? 0, text: Buffer.concat(parts).subarray(0, ANSWER_LIMIT).toString("utf8") });
      response.on("data", (part: Buffer) => {
        parts.push(part);
        length += part.length;
        if (length < ANSWER_LIMIT) return;
        done();
        response.destroy();
      });
      response.on("end", done);
      response.on("error", failed);
    });
    request.on("error", failed);
    request.end(body);
  });
}

/** Answers only public addresses; an error if a name has none, or has a private one beside them. */
const publicLookup: LookupFunction = (host, options, callback) => {
  resolve(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error || !first) return callback(error ?? new RefusedAddress("the name has no address"), "", 0);
    if (addresses.some(({ address }) => isPrivateAddress(address))) return callback(new RefusedAddress("the address is not public"), "", 0);
    if (options.all) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

/** What staff read. The system's own words for a failed connection hold addresses of networks behind the name. */
function problemOf(error: unknown): string {
  if (error instanceof RefusedAddress) return error.message;
  if (!(error instanceof Error)) return "the connection failed";
  if (error.name === "AbortError" || error.name === "TimeoutError") return "no answer in time";
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  return code ? `the connection failed (${code})` : "the connection failed";
}
