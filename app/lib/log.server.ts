/** Structured logging. What could identify a person or open a door is cut out before a line is written. */
import pino from "pino";
import { currentCause } from "./context.server";
import { env } from "./env.server";

const PRIVATE = [
  "accessToken", "refreshToken", "authorization", "secret", "secretkey", "secretKey", "apikey", "hmac", "token", "password", "cookie", "email", "phone", "mobile",
  "firstName", "lastName",
];
const CUT = "[redacted]";

/** A log of its own; without a destination it writes to standard output. Each line says which request or job it belongs to. */
export function openLog(level: pino.LevelWithSilent, destination: pino.DestinationStream = pino.destination(1)): pino.Logger {
  const redact = { paths: PRIVATE.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: CUT };
  // pino writes into what a mixin returns: a copy, or one line's words would stand in the next.
  const mixin = () => ({ ...currentCause() });
  return pino({ level, base: undefined, redact, mixin, serializers: { err: told } }, { write: (line: string) => destination.write(scrub(line)) });
}

/** An error without the rest of what it carries: PostgreSQL's details quote whole rows. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { type: error.name, message: error.message, code, stack: error.stack };
}

export const log = openLog(env.LOG_LEVEL);

const SECRET_PARAMETERS = /([?&](?:id_token|hmac|session|host|token|signature|customerId|search|email|phone|secretkey|apikey|after|before)=)[^&\s]*/g;
const CUSTOMER = /(\/customers\/)[^/?\s]+/g;

/** A path with its tokens and its people cut out: ID tokens travel in query strings, a customer may be named by an e-mail address. */
export function redactUrl(url: string): string {
  return url.replace(SECRET_PARAMETERS, "$1…").replace(CUSTOMER, "$1…");
}

/** Access tokens of Shopify, our own keys and secrets, and anything signed as a JWT is. */
const TOKENS = /\b(?:shp[a-z]{2}_\w{6,}|(?:key|secret|whsec)_[\w-]{20,}|eyJ[\w-]{6,}\.[\w-]+\.[\w-]*)/g;
const BEARER = /\b(Bearer|Basic) [\w.~+/=-]{8,}/g;
const PASSWORD = /(\b[a-z][a-z+]*:\/\/[^\s:/]*:)[^\s@]+@/g;
const ADDRESS = /[\w.!#$%&'*+/=?^`{|}~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}/g;

/** What any of them has in it, however it is escaped in the line. */
const SUSPECT = /shp[a-z]{2}_|key_|secret_|whsec_|eyJ|Bearer |Basic |@|%40|:\/\/|[?&]\w+=/;

/** The last look at a line: an error's words may quote what no field's name gives away. */
function scrub(line: string): string {
  if (!SUSPECT.test(line)) return line;
  return `${JSON.stringify(JSON.parse(line, (_key, value: unknown) => (typeof value === "string" ? scrubText(value) : value)))}\n`;
}

function scrubText(text: string): string {
  return text.replace(SECRET_PARAMETERS, "$1…").replace(TOKENS, CUT).replace(BEARER, `$1 ${CUT}`).replace(PASSWORD, `$1${CUT}@`).replace(ADDRESS, CUT);
}
