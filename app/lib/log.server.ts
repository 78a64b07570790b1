/** Structured logging. What could identify a person or open a door is cut out before a line is written. */
import pino from "pino";
import { env } from "./env.server";

const PRIVATE = ["accessToken", "refreshToken", "authorization", "email", "phone", "firstName", "lastName"];

/** A log of its own; without a destination it writes to standard output. */
export function openLog(level: pino.LevelWithSilent, destination?: pino.DestinationStream): pino.Logger {
  const redact = { paths: PRIVATE.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" };
  return pino({ level, base: undefined, redact }, destination);
}

export const log = openLog(env.LOG_LEVEL);

const SECRET_PARAMETERS = /([?&](?:id_token|hmac|session|host|token|signature|customerId|search)=)[^&\s]*/g;
const CUSTOMER = /(\/customers\/)[^/?\s]+/g;

/** A path with its tokens and its people cut out: ID tokens travel in query strings, a customer may be named by an e-mail address. */
export function redactUrl(url: string): string {
  return url.replace(SECRET_PARAMETERS, "$1…").replace(CUSTOMER, "$1…");
}
