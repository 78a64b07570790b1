/** Refusals of the domain in the words and units of integrators. */
import type { z } from "zod";
import { API_ERRORS, type ApiReason } from "../../contract/api/errors";
import type { CallRefusal, UseRefusal } from "../../contract/refusals";
import type { RefusedUse } from "../../domain/coupons/validate.server";
import { gidTail } from "../../lib/gid";
import { ApiRefusal } from "./door.server";
import { amountOf } from "./terms";

/** A reason with what would change it: `…Minor` becomes `…Amount` in major units, `…Gids` become `…Ids`. */
export function apiReason(refusal: UseRefusal | CallRefusal): z.output<typeof ApiReason> {
  const { code, message } = API_ERRORS[refusal.reason];
  return { ...fixOf(refusal), code, reason: refusal.reason as UseRefusal["reason"], message: `${message}${hint(refusal)}` };
}

function fixOf(refusal: UseRefusal | CallRefusal): Record<string, unknown> {
  const currency = "currency" in refusal ? refusal.currency : null;
  return Object.fromEntries(
    Object.entries(refusal).flatMap(([key, value]: [string, unknown]) => {
      if (key === "reason") return [];
      if (key.endsWith("Minor") && typeof value === "number" && currency) return [[key.replace(/Minor$/, "Amount"), amountOf(value, currency)]];
      if (key.endsWith("Gids") && Array.isArray(value)) return [[key.replace(/Gids$/, "Ids"), value.map((gid) => gidTail(String(gid)))]];
      return [[key, value]];
    }),
  );
}

/** The smallest fix, for a person. */
function hint(refusal: UseRefusal | CallRefusal): string {
  switch (refusal.reason) {
    case "minimum_order":
      return ` Add ${amountOf(refusal.missingMinor, refusal.currency)} ${refusal.currency}.`;
    case "maximum_order":
      return ` Take off ${amountOf(refusal.excessMinor, refusal.currency)} ${refusal.currency}.`;
    case "cannot_combine":
      return ` Remove ${refusal.codes.join(", ")}.`;
    case "locked_by_another":
      return ` It is free at ${refusal.until} at the latest.`;
    case "not_started":
      return ` It begins at ${refusal.startsAt}.`;
    case "not_redeemable_yet":
      return ` From ${refusal.redeemableFrom} on.`;
    case "too_soon":
      return ` From ${refusal.from} on.`;
    case "wrong_weekday":
    case "wrong_month_day":
    case "wrong_hour":
      return refusal.opensAt === null ? "" : ` From ${refusal.opensAt} on.`;
    default:
      return "";
  }
}

/** The error of a use that was refused: the call's own reason, else the first code's first; the rest stands beside it. */
export function useRefusal({ call, codes }: RefusedUse): ApiRefusal {
  if (call) return callRefusal(call);
  const refused = codes.flatMap(({ code, refusals }) => refusals.map((refusal) => ({ coupon: code, ...apiReason(refusal) })));
  const [first] = refused;
  if (!first) throw new Error("a use was refused without a reason");
  return new ApiRefusal(first.reason, codes.length > 1 ? `${first.coupon}: ${first.message}` : first.message, {}, { reasons: refused });
}

/** The error of a call that was refused whatever its codes are. */
export function callRefusal(call: CallRefusal): ApiRefusal {
  const { code: _, reason: __, message, ...fix } = apiReason(call);
  return new ApiRefusal(call.reason, message, call.reason === "busy" ? { "Retry-After": "1" } : {}, fix);
}
