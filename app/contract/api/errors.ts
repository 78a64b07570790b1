/**
 * Every way a call of the integration API is refused: one closed list, from which the answers and their documentation are made.
 * `code` is a number, as integrators of this form of API expect; the word before it is the same reason for people and logs.
 * Thousands say what kind it is: 1 who asks, 2 how it was asked, 3 what was sent, 4 what is not there, 5 our fault, 7 the
 * customer, 9 the coupon or the points.
 */
import { z } from "zod";

export const ERROR_TYPES = {
  1: "AUTHENTICATION_ERROR",
  2: "REQUEST_ERROR",
  3: "PAYLOAD_ERROR",
  4: "GENERAL_ERROR",
  5: "SERVER_ERROR",
  7: "CUSTOMER_ERROR",
  9: "TRANSACTION_ERROR",
} as const;

interface ErrorFacts {
  code: number;
  status: 400 | 401 | 403 | 404 | 405 | 409 | 411 | 413 | 415 | 422 | 429 | 500 | 503;
  /** What the caller reads when there is nothing more exact to say. */
  message: string;
  /** What to do about it, for the reference page. */
  fix: string;
}

const DOOR_ERRORS = {
  api_key_missing: { code: 1005, status: 401, message: "The apikey header is missing.", fix: "Send the key of your key pair in the apikey header." },
  api_key_unknown: { code: 1000, status: 401, message: "This apikey is unknown or was revoked.", fix: "Check the key, or make a new key pair in the app's settings." },
  secret_key_missing: { code: 1001, status: 401, message: "This call needs the secretkey header too.", fix: "Calls that change something need both headers. Make them from your server, never from a browser." },
  secret_key_wrong: { code: 1003, status: 401, message: "The secretkey does not belong to this apikey.", fix: "Use both halves of the same pair. A lost secret cannot be shown again: make a new pair." },
  scope_missing: { code: 1002, status: 403, message: "This key pair may not do that.", fix: "Make a key pair with the permission that the call names." },
  shop_uninstalled: { code: 1004, status: 403, message: "The shop has removed the app.", fix: "Nothing can be done until the merchant installs it again; then the same keys work." },
  address_unknown: { code: 2004, status: 404, message: "There is no such address.", fix: "Compare the path with this reference; it begins with /api/v4.0/integrations." },
  method_not_allowed: { code: 2005, status: 405, message: "This address does not take that method.", fix: "The Allow header says which methods it takes." },
  too_many_requests: { code: 2029, status: 429, message: "Too many requests with this key: try again in a moment.", fix: "Wait for the seconds in Retry-After. X-RateLimit-Remaining tells beforehand." },
  idempotency_key_malformed: { code: 2010, status: 400, message: "An Idempotency-Key has 1 to 255 printable ASCII characters.", fix: "Use a UUID." },
  idempotency_key_reused: { code: 2009, status: 409, message: "This Idempotency-Key was used for another request.", fix: "Use a new key for each thing you want done; send the same key only with the very same request." },
  request_in_progress: { code: 2001, status: 409, message: "The first request with this Idempotency-Key is still at work.", fix: "Send it again after a second: it will be answered with the first one's answer." },
  body_incomplete: { code: 3018, status: 400, message: "The body ended early.", fix: "Send the whole body; check Content-Length." },
  body_too_large: { code: 3019, status: 413, message: "The body is too large.", fix: "A JSON body may have 256 kB. Send lists in parts, and files by the imports address." },
  media_type_unsupported: { code: 3013, status: 415, message: "Send JSON, with Content-Type: application/json.", fix: "Only a file of an import is something else: text/csv." },
  not_json: { code: 3016, status: 400, message: "The body is not JSON in UTF-8.", fix: "Check the quoting; NUL characters and broken surrogate pairs are refused too." },
  argument_missing: { code: 3000, status: 400, message: "Something that is needed was not sent.", fix: "The message names every missing field." },
  argument_invalid: { code: 3003, status: 422, message: "Something that was sent is not of the documented form.", fix: "The message names every field and what it may be." },
  unavailable: { code: 5003, status: 503, message: "Something went wrong on our side. Try again: with the same Idempotency-Key nothing happens twice.", fix: "Repeat the request with the same Idempotency-Key, and tell us the requestId if it persists." },
} as const satisfies Record<string, ErrorFacts>;

const NOT_FOUND_ERRORS = {
  customer_unknown: { code: 7000, status: 404, message: "There is no such customer.", fix: "Name a customer by Shopify's number or gid, by your own id once it is known to us, by e-mail or by mobile. Customers become known with their first order, checkout or import." },
  customer_ambiguous: { code: 7010, status: 422, message: "Several customers have this e-mail address or mobile number.", fix: "Send customerId." },
  award_unknown: { code: 4010, status: 404, message: "There is no such award.", fix: "ruleId is the number of an award, as GET /awards lists it." },
  coupon_unknown: { code: 4004, status: 404, message: "There is no such coupon.", fix: "Check the code; upper and lower case are the same." },
} as const satisfies Record<string, ErrorFacts>;

/** 3.11: how an attempt to give a coupon can end that gives none. */
const ISSUE_ERRORS = {
  insufficient_points: { code: 9008, status: 422, message: "The customer's points do not cover the price.", fix: "The message says how many are missing; held points do not count." },
  coupon_expired: { code: 9013, status: 422, message: "The coupon is past its end.", fix: "Choose another award, or have its end moved." },
  customer_max_reached: { code: 9012, status: 422, message: "The customer has had as many as one customer may have.", fix: "Nothing; the award says how many one customer may have." },
  coupon_max_reached: { code: 9104, status: 422, message: "All coupons of this award are given out.", fix: "Nothing, unless the merchant raises the limit in a successor." },
  award_inactive: { code: 9014, status: 422, message: "The award is switched off, archived or past its end.", fix: "Choose another award, or have the merchant switch it on." },
  not_started: { code: 9101, status: 422, message: "The award has not begun.", fix: "Try again after its start." },
  not_eligible: { code: 9011, status: 422, message: "The award is not for this customer, or not sold for points.", fix: "Choose another award. GET /awards says which are sold for points." },
  too_soon: { code: 9103, status: 422, message: "The customer had a coupon of this award too recently.", fix: "Try again after the award's gap of days." },
  out_of_codes: { code: 9105, status: 422, message: "No code is ready to be given.", fix: "Try again in a few minutes; the stock is being refilled." },
  error: { code: 5000, status: 500, message: "A fault of ours. Nothing was charged: try again.", fix: "Repeat the request with the same Idempotency-Key, and tell us the requestId if it persists." },
} as const satisfies Record<string, ErrorFacts>;

export const API_ERRORS = { ...DOOR_ERRORS, ...NOT_FOUND_ERRORS, ...ISSUE_ERRORS } satisfies Record<string, ErrorFacts>;
export type ApiErrorReason = keyof typeof API_ERRORS;

/** Errors that any call may end with. */
export const COMMON_ERRORS = ["api_key_missing", "api_key_unknown", "secret_key_missing", "secret_key_wrong", "scope_missing", "shop_uninstalled", "too_many_requests", "argument_missing", "argument_invalid", "unavailable"] as const satisfies ApiErrorReason[];
/** Errors of calls with a body, besides. */
export const BODY_ERRORS = ["body_incomplete", "body_too_large", "media_type_unsupported", "not_json", "idempotency_key_malformed", "idempotency_key_reused", "request_in_progress"] as const satisfies ApiErrorReason[];

/** The kind an error is of, by the thousand of its code. */
export function errorType(reason: ApiErrorReason): string {
  const thousand = Math.floor(API_ERRORS[reason].code / 1000) as keyof typeof ERROR_TYPES;
  return ERROR_TYPES[thousand];
}

/** The form of every answer that is not a success. */
export const ApiError = z.object({
  code: z.int().describe("The reason as a number, distinct for each reason."),
  type: z.enum(Object.values(ERROR_TYPES) as [string, ...string[]]).describe("The kind of reason."),
  reason: z.string().describe("The same reason as a word."),
  message: z.string().describe("What is wrong, for a person."),
  documentationUrl: z.string().describe("Where the reason and its remedy are described."),
  requestId: z.string().describe("Names this answer; the same as the X-Request-Id header."),
});
export type ApiError = z.infer<typeof ApiError>;
