/**
 * Every way an attempt to use coupons can be refused: one closed list for the API, the screen and the log. Each refusal holds
 * the smallest thing that would change it. Money is minor units, instants are ISO 8601 in UTC, windows are the shop's time.
 */
import { z } from "zod";

const Instant = z.iso.datetime();
const Minor = z.int();
const Gids = z.array(z.string());
const refusal = <R extends string, D extends z.ZodRawShape>(reason: R, data: D) => z.strictObject({ reason: z.literal(reason), ...data });

/** Why one code cannot be used. */
export const UseRefusal = z.discriminatedUnion("reason", [
  /** No code of this shop. */
  refusal("coupon_unknown", {}),
  /** It has been given to nobody yet: it can be used once somebody has it. */
  refusal("not_issued", {}),
  /** It belongs to somebody else. */
  refusal("not_owner", {}),
  /** It was taken back, or is being given back. */
  refusal("coupon_revoked", {}),
  refusal("coupon_archived", {}),
  refusal("coupon_expired", { expiredAt: Instant.nullable() }),
  /** It was used, and could be used once. */
  refusal("coupon_redeemed", {}),
  /** The award is switched off or archived. */
  refusal("award_inactive", {}),
  refusal("not_started", { startsAt: Instant }),
  /** It may be issued already, but redeemed only from this instant on. */
  refusal("not_redeemable_yet", { redeemableFrom: Instant }),
  refusal("award_ended", { endedAt: Instant }),
  /** It was used as often as one code of the award may be. */
  refusal("code_limit_reached", { limit: z.int() }),
  /** The customer has used, or locked, as many as one customer may. */
  refusal("customer_limit_reached", { limit: z.int() }),
  /** All uses of the award are used, or locked. */
  refusal("award_limit_reached", { limit: z.int() }),
  /** Its last use is reserved for another session, until this instant at most. */
  refusal("locked_by_another", { until: Instant }),
  refusal("minimum_order", { minimumMinor: Minor, missingMinor: Minor, currency: z.string() }),
  refusal("maximum_order", { maximumMinor: Minor, excessMinor: Minor, currency: z.string() }),
  /** The order is in another currency than the award. */
  refusal("wrong_currency", { currency: z.string() }),
  /** Nothing on the order is among what the award is for: add one of these. */
  refusal("nothing_in_scope", { productGids: Gids, variantGids: Gids, collectionGids: Gids }),
  /** opensAt: the next instant at which day and hour fit; null: not within two years. */
  refusal("wrong_weekday", { weekdays: z.array(z.int().min(1).max(7)), opensAt: Instant.nullable() }),
  refusal("wrong_month_day", { monthDays: z.array(z.int().min(1).max(31)), opensAt: Instant.nullable() }),
  refusal("wrong_hour", { fromMinute: z.int(), untilMinute: z.int(), opensAt: Instant.nullable() }),
  /** The gap between two uses of a customer has not passed. */
  refusal("too_soon", { from: Instant }),
  /** For customers who registered within these bounds; null: open on that side. */
  refusal("registered_outside", { registeredFrom: Instant.nullable(), registeredUntil: Instant.nullable() }),
  refusal("too_many_orders", { maxOrders: z.int(), ordersCount: z.int() }),
  refusal("not_first_order", {}),
  refusal("wrong_location", { locationIds: z.array(z.string()), zones: z.array(z.string()), concepts: z.array(z.string()) }),
  /** No location of the shop is called so. */
  refusal("location_unknown", { location: z.string() }),
  refusal("wrong_channel", { channels: z.array(z.enum(["online", "pos"])) }),
  /** Remove these codes, or this one. */
  refusal("cannot_combine", { codes: z.array(z.string()) }),
  /** Who uses it decides, and nobody was named. */
  refusal("customer_needed", {}),
]);
export type UseRefusal = z.infer<typeof UseRefusal>;
export type UseRefusalReason = UseRefusal["reason"];

/** Why a whole call is refused, whatever its codes are. */
export const CallRefusal = z.discriminatedUnion("reason", [
  /** Other codes stand under this reference, or it was burned. */
  refusal("reference_in_use", {}),
  refusal("lock_unknown", {}),
  refusal("lock_released", { releasedAt: Instant }),
  refusal("lock_expired", { expiredAt: Instant }),
  /** Another transaction burned what was locked. */
  refusal("lock_burned", { transactionId: z.string() }),
  /** The order was cancelled: it can use nothing any more. */
  refusal("order_cancelled", {}),
  /** The order was told before, for somebody else. */
  refusal("order_of_another", {}),
  /** Too many want the same at this moment: try again. */
  refusal("busy", {}),
]);
export type CallRefusal = z.infer<typeof CallRefusal>;
export type CallRefusalReason = CallRefusal["reason"];

/** A code that is refused, with every reason at once. */
export interface RefusedCode {
  code: string;
  refusals: UseRefusal[];
}

/** Facts of a use that rules need and a caller may leave out; a rule whose facts are left out is not judged, and named. */
export const UNJUDGED = ["order_amount", "scope", "location", "channel"] as const;
export type Unjudged = (typeof UNJUDGED)[number];
