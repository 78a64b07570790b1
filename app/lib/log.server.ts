/** Structured logging. What could identify a person or open a door is cut out before a line is written. */
import pino from "pino";
import { env } from "./env.server";

export const log = pino({
  level: env.LOG_LEVEL,
  base: undefined,
  redact: {
    paths: ["*.accessToken", "*.email", "*.phone", "*.firstName", "*.lastName", "*.authorization", "authorization", "email", "phone"],
    censor: "[redacted]",
  },
});

const SECRET_PARAMETERS = /([?&](?:id_token|hmac|session|host|token|signature)=)[^&\s]*/g;

/** A path with its tokens cut out: ID tokens travel in query strings. */
export function redactUrl(url: string): string {
  return url.replace(SECRET_PARAMETERS, "$1…");
}
