/** What the app is told of discounts, in the shape of Shopify's webhooks: of its own changes too. */
import { statusOf } from "./admin-api/discounts/status";
import type { RedeemCode, StoreDiscount } from "./discount-records";
import { writerOf } from "./payload-writer";
import type { ShopState } from "./state";

export type Emit = (topic: string, body: unknown) => void;

/** Tells of a discount that was made or changed. */
export function tellOfDiscount(emit: Emit, state: ShopState, now: Date, topic: "discounts/create" | "discounts/update", discount: StoreDiscount): void {
  const write = writerOf(state);
  emit(topic, {
    admin_graphql_api_id: discount.gid,
    title: discount.title,
    status: statusOf(discount, now),
    created_at: write.instant(discount.createdAt),
    updated_at: write.instant(discount.updatedAt),
  });
}

/** Tells of a discount that is gone, its codes with it: of them nothing is said. */
export function tellOfDeletion(emit: Emit, state: ShopState, now: Date, discount: StoreDiscount): void {
  emit("discounts/delete", { admin_graphql_api_id: discount.gid, deleted_at: writerOf(state).instant(now.toISOString()) });
}

/** Tells of one code put under a discount or taken away. */
export function tellOfCode(emit: Emit, now: Date, topic: "discounts/redeemcode_added" | "discounts/redeemcode_removed", discountGid: string, code: RedeemCode): void {
  emit(topic, { admin_graphql_api_id: discountGid, redeem_code: { id: code.gid, code: code.code }, updated_at: now.toISOString() });
}
