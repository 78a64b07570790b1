/**
 * Every way a call of the integration API is refused: one closed list, from which the answers and their documentation are made.
 * `code` is a number, as integrators of this form of API expect; the word before it is the same reason for people and logs.
 * Thousands say what kind it is: 1 who asks, 2 how it was asked, 3 what was sent, 4 what is not there, 5 our fault, 7 the
 * customer, 9 the coupon or the points.
 */
import { z } from "zod";
import type { IssueOutcome } from "../outcomes";
import type { CallRefusalReason, UseRefusalReason } from "../refusals";

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
  hold_unknown: { code: 9006, status: 404, message: "There is no such hold.", fix: "Use the holdReference that POST /transactions/hold answered." },
  transaction_unknown: { code: 9002, status: 404, message: "There is no such transaction.", fix: "Use the transactionId of a redemption that you made." },
  order_unknown: { code: 4015, status: 404, message: "There is no such order.", fix: "Use the orderId that POST /orders was sent." },
  job_unknown: { code: 4014, status: 404, message: "There is no such job.", fix: "Use the jobId that the call which began it answered." },
  import_unknown: { code: 4013, status: 404, message: "There is no such import.", fix: "Use the importId that POST /imports answered." },
} as const satisfies Record<string, ErrorFacts>;

/** 3.11: how an attempt to give a coupon can end that gives none. */
const ISSUE_ERRORS = {
  insufficient_points: { code: 9008, status: 422, message: "The customer's points do not cover the price.", fix: "missingPoints says how many more are needed; held points do not count." },
  coupon_expired: { code: 9013, status: 422, message: "The coupon is past its end.", fix: "Choose another one, or have the award's end moved." },
  customer_max_reached: { code: 9012, status: 422, message: "The customer has had as many as one customer may have.", fix: "Nothing; the award says how many one customer may have." },
  coupon_max_reached: { code: 9104, status: 422, message: "All coupons of this award are given out.", fix: "Nothing, unless the merchant raises the limit in a successor." },
  award_inactive: { code: 9014, status: 422, message: "The award is switched off or archived, or is past its end.", fix: "Choose another award, or have the merchant switch it on." },
  not_started: { code: 9101, status: 422, message: "The award has not begun.", fix: "Try again after its start." },
  not_eligible: { code: 9011, status: 422, message: "The award is not for this customer, or not sold for points.", fix: "Choose another award. GET /awards says which are sold for points." },
  too_soon: { code: 9103, status: 422, message: "The customer had one of these too recently.", fix: "Try again after the award's gap of days." },
  out_of_codes: { code: 9105, status: 422, message: "No code is ready to be given.", fix: "Try again in a few minutes; the stock is being refilled." },
  error: { code: 5000, status: 500, message: "A fault of ours. Nothing was charged: try again.", fix: "Repeat the request with the same Idempotency-Key, and tell us the requestId if it persists." },
} as const satisfies Record<Exclude<IssueOutcome, "issued" | "existing_sent">, ErrorFacts>;

/** Why a code cannot be used. Those that are reasons for not giving one, too, have the same number. */
const USE_ERRORS = {
  coupon_unknown: { code: 4004, status: 404, message: "There is no such coupon.", fix: "Check the code; upper and lower case are the same." },
  not_issued: { code: 9120, status: 422, message: "The coupon was given to nobody yet.", fix: "It can be used once somebody has it." },
  not_owner: { code: 9121, status: 422, message: "The coupon belongs to another customer.", fix: "Name its owner, or use a coupon that anybody may use." },
  coupon_revoked: { code: 9122, status: 422, message: "The coupon was taken back.", fix: "Nothing; give the customer another one." },
  coupon_archived: { code: 9123, status: 422, message: "The coupon was put away.", fix: "Staff can bring it back." },
  coupon_expired: ISSUE_ERRORS.coupon_expired,
  coupon_redeemed: { code: 9124, status: 422, message: "The coupon was used.", fix: "Nothing; it could be used once." },
  award_inactive: ISSUE_ERRORS.award_inactive,
  not_started: ISSUE_ERRORS.not_started,
  not_redeemable_yet: { code: 9125, status: 422, message: "The coupon cannot be used yet.", fix: "Try again from redeemableFrom on." },
  award_ended: { code: 9126, status: 422, message: "The award is past its end.", fix: "Nothing, unless the merchant moves the end." },
  code_limit_reached: { code: 9127, status: 422, message: "The code was used as often as one code may be.", fix: "Nothing; the award says how often." },
  customer_limit_reached: { code: 9128, status: 422, message: "The customer has used as many as one customer may.", fix: "Nothing; the award says how often. Locks of other sessions count: one that is released frees its use." },
  award_limit_reached: { code: 9129, status: 422, message: "All uses of the award are taken.", fix: "Nothing; the award says how many there are. Locks of other sessions count: one that is released frees its use." },
  locked_by_another: { code: 9100, status: 409, message: "The coupon is reserved for another session.", fix: "Try again when that session has ended; until says when at the latest." },
  minimum_order: { code: 9017, status: 422, message: "The order is below the minimum.", fix: "Add what missingAmount says to the order." },
  maximum_order: { code: 9130, status: 422, message: "The order is above the maximum.", fix: "Take what excessAmount says off the order." },
  wrong_currency: { code: 9131, status: 422, message: "The order is in another currency than the coupon.", fix: "Use the coupon on an order in its currency." },
  nothing_in_scope: { code: 9021, status: 422, message: "Nothing on the order is among what the coupon is for.", fix: "Add one of the products, variants or collections named." },
  wrong_weekday: { code: 9132, status: 422, message: "The coupon is not for this day of the week.", fix: "opensAt says when it can be used next." },
  wrong_month_day: { code: 9133, status: 422, message: "The coupon is not for this day of the month.", fix: "opensAt says when it can be used next." },
  wrong_hour: { code: 9134, status: 422, message: "The coupon is not for this time of the day.", fix: "opensAt says when it can be used next." },
  too_soon: ISSUE_ERRORS.too_soon,
  registered_outside: { code: 9135, status: 422, message: "The coupon is for customers who registered at another time.", fix: "Nothing; the bounds are named." },
  too_many_orders: { code: 9136, status: 422, message: "The coupon is for customers with fewer orders.", fix: "Nothing; maxOrders says how many there may be." },
  not_first_order: { code: 9137, status: 422, message: "The coupon is for a first order.", fix: "Nothing." },
  wrong_location: { code: 9025, status: 422, message: "The coupon cannot be used here.", fix: "Send merchantId, or use the coupon at a place named." },
  location_unknown: { code: 9138, status: 422, message: "No location of the shop is called so.", fix: "Send a merchantId as GET /locations lists it." },
  wrong_channel: { code: 9139, status: 422, message: "The coupon is for another sales channel.", fix: "Use it online or at a till, as channels says." },
  cannot_combine: { code: 9140, status: 422, message: "These coupons do not combine.", fix: "Remove the codes named, or this one." },
  customer_needed: { code: 9141, status: 422, message: "Who uses the coupon decides, and nobody was named.", fix: "Send customerId." },
} as const satisfies Record<UseRefusalReason, ErrorFacts>;

/** Why a whole call about locks or uses is refused. */
const CALL_ERRORS = {
  reference_in_use: { code: 9107, status: 409, message: "Other coupons stand under this lock reference, or it was burned.", fix: "Use a new reference, or none: then we make one." },
  lock_unknown: { code: 4012, status: 404, message: "There is no such lock.", fix: "Use the lockReference that validating with lock answered." },
  lock_released: { code: 9110, status: 422, message: "The lock was released.", fix: "Validate and lock again." },
  lock_expired: { code: 9009, status: 422, message: "The lock ran out.", fix: "Validate and lock again, for longer if need be." },
  lock_burned: { code: 9010, status: 422, message: "Another transaction used what was locked.", fix: "Nothing; transactionId says which." },
  order_cancelled: { code: 9112, status: 422, message: "The order was cancelled and can use nothing any more.", fix: "Place another order." },
  order_of_another: { code: 9113, status: 409, message: "An order of this number was told before, for another customer.", fix: "Give each order a number of its own, or name the customer whose it is." },
  busy: { code: 5004, status: 503, message: "Too many want the same at this moment: try again.", fix: "Repeat the request after a second." },
} as const satisfies Record<CallRefusalReason, ErrorFacts>;

/** Why staff's verbs on coupons do nothing. */
const LIFE_ERRORS = {
  not_understood: { code: 3020, status: 422, message: "Revoked coupons cannot be redeemed any more: say that you understand.", fix: "Send understood: true." },
  coupon_shared: { code: 9150, status: 422, message: "Everybody has this code: it cannot change hands.", fix: "Nothing." },
  points_held: { code: 9151, status: 422, message: "A checkout is at work with the coupon.", fix: "Try again when the checkout has ended or was left." },
  already_theirs: { code: 9152, status: 422, message: "The customer has this coupon already.", fix: "Nothing." },
  coupon_bound: { code: 9157, status: 422, message: "The code was made for this customer alone.", fix: "Give the other customer a coupon of their own." },
  coupon_locked: { code: 9153, status: 409, message: "A till has locked the coupon for a transaction.", fix: "Release the lock, or wait for its end." },
  coupon_over: { code: 9154, status: 422, message: "The coupon is redeemed, expired or revoked, and stays what it is.", fix: "Nothing." },
  coupon_withdrawing: { code: 9155, status: 409, message: "The code is on its way off Shopify.", fix: "Try again in a minute." },
} as const satisfies Record<string, ErrorFacts>;

const POINTS_ERRORS = {
  hold_over: { code: 9160, status: 422, message: "The hold has ended.", fix: "Hold the points again." },
  balance_full: { code: 9161, status: 422, message: "A balance cannot count so many points.", fix: "Send fewer." },
  refund_exceeds: { code: 9162, status: 422, message: "More would be refunded than was redeemed.", fix: "Refund at most what is left of the redemption." },
} as const satisfies Record<string, ErrorFacts>;

const AWARD_ERRORS = {
  discount_off: { code: 9106, status: 422, message: "The award's discount is switched off or deleted in Shopify: none of its codes is given out.", fix: "Choose another award, or have the merchant restore the discount; the award's page leads there." },
  award_refused: { code: 9170, status: 422, message: "The award cannot be saved like this.", fix: "problems names each field and what to do." },
  award_locked: { code: 9171, status: 409, message: "Coupons were given out under these terms: they cannot be changed any more.", fix: "Duplicate the award with your changes." },
  award_stale: { code: 9172, status: 409, message: "Somebody else saved the award in the meantime.", fix: "Read it again, and send its updatedAt with your changes." },
} as const satisfies Record<string, ErrorFacts>;

const IMPORT_ERRORS = {
  import_refused: { code: 3030, status: 422, message: "The file, or what is wanted with it, cannot be used.", fix: "The message says what to do." },
  import_repeated: { code: 3031, status: 409, message: "This very file was imported for this award before, and that stands.", fix: "importId names the earlier one; send repeat=true to import it once more on purpose." },
  import_not_ready: { code: 3032, status: 409, message: "Its rows have no fate yet.", fix: "Ask for the import until it is previewed." },
  import_over: { code: 3033, status: 409, message: "The import was undone, stopped, or failed.", fix: "Upload the file again." },
  import_rows_fail: { code: 3034, status: 422, message: "Rows fail, and all or nothing was asked for.", fix: "Correct them by the issues file, or apply valid_rows." },
} as const satisfies Record<string, ErrorFacts>;

export const API_ERRORS = {
  ...DOOR_ERRORS, ...NOT_FOUND_ERRORS, ...ISSUE_ERRORS, ...USE_ERRORS, ...CALL_ERRORS, ...LIFE_ERRORS, ...POINTS_ERRORS, ...AWARD_ERRORS, ...IMPORT_ERRORS,
} satisfies Record<string, ErrorFacts>;
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

/** The form of every answer that is not a success. Beside these fields may stand what would help: missingPoints, problems, reasons. */
export const ApiError = z.looseObject({
  code: z.int().describe("The reason as a number, distinct for each reason."),
  type: z.enum(Object.values(ERROR_TYPES) as [string, ...string[]]).describe("The kind of reason."),
  reason: z.string().describe("The same reason as a word."),
  message: z.string().describe("What is wrong, for a person."),
  documentationUrl: z.string().describe("Where the reason and its remedy are described."),
  requestId: z.string().describe("Names this answer; the same as the X-Request-Id header."),
});
export type ApiError = z.infer<typeof ApiError>;

/** Why one code cannot be used: the reason, and the smallest thing that would change it. */
export const ApiReason = z
  .object({
    code: z.int().describe("The reason as a number, as in an error."),
    reason: z.enum(Object.keys(USE_ERRORS) as [UseRefusalReason, ...UseRefusalReason[]]).describe("The same as a word."),
    message: z.string().describe("What is wrong and what would help, for a person."),
  })
  .catchall(z.unknown())
  .describe("Beside the reason stands what would change it: amounts (missingAmount), instants (opensAt, until), ids, limits.");

export const USE_REASONS = Object.keys(USE_ERRORS) as UseRefusalReason[];
export const CALL_REASONS = Object.keys(CALL_ERRORS) as CallRefusalReason[];
