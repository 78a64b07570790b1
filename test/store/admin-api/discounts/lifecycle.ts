/** A discount is ended, begun again and deleted. Doing so twice is silently the same as once. */
import { type Emit, tellOfDeletion, tellOfDiscount } from "../../discount-payload";
import type { StoreDiscount } from "../../discount-records";
import type { ShopState } from "../../state";
import { isoSeconds } from "../../state";
import { userError, type UserError } from "../user-error";
import { removeCode } from "./save";
import { statusOf } from "./status";

/** The shop at an instant, and who is told of its changes. */
export interface Where {
  state: ShopState;
  now: Date;
  emit: Emit;
}

export interface LifecycleAnswer {
  discount: StoreDiscount | null;
  errors: UserError[];
}

/** Deletes a discount and all its codes. */
export function deleteDiscount({ state, now, emit }: Where, gid: string, method: StoreDiscount["method"]): LifecycleAnswer {
  const found = find(state, gid, method);
  if (!found.discount) return found;
  for (const key of [...found.discount.codeKeys]) removeCode(state, key);
  state.discounts.delete(gid);
  tellOfDeletion(emit, state, now, found.discount);
  return found;
}

/** Ends it now. */
export function deactivateDiscount({ state, now, emit }: Where, gid: string, method: StoreDiscount["method"]): LifecycleAnswer {
  const found = find(state, gid, method);
  if (!found.discount || statusOf(found.discount, now) === "EXPIRED") return found;
  // A discount that has not begun is given a window of no length, so that it ends without having begun.
  if (Date.parse(found.discount.startsAt) > now.getTime()) found.discount.startsAt = isoSeconds(now);
  found.discount.endsAt = isoSeconds(now);
  found.discount.updatedAt = isoSeconds(now);
  tellOfDiscount(emit, state, now, "discounts/update", found.discount);
  return found;
}

/** Begins it again, without an end: the earlier end is lost, and must be set once more by an update. */
export function activateDiscount({ state, now, emit }: Where, gid: string, method: StoreDiscount["method"]): LifecycleAnswer {
  const found = find(state, gid, method);
  if (!found.discount || statusOf(found.discount, now) === "ACTIVE") return found;
  if (statusOf(found.discount, now) === "SCHEDULED") found.discount.startsAt = isoSeconds(now);
  else found.discount.endsAt = null;
  found.discount.updatedAt = isoSeconds(now);
  tellOfDiscount(emit, state, now, "discounts/update", found.discount);
  return found;
}

function find(state: ShopState, gid: string, method: StoreDiscount["method"]): LifecycleAnswer {
  const discount = state.discounts.get(gid);
  if (discount?.method === method) return { discount, errors: [] };
  const words = method === "code" ? "Code discount does not exist." : "Automatic discount does not exist.";
  return { discount: null, errors: [userError(["id"], words, "INVALID")] };
}
