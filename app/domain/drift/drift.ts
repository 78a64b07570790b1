/** Where we and Shopify can disagree: what each difference means in a merchant's words, and what ends it. Pure. */
import { z } from "zod";

/** What staff can do about a difference that waits for them. */
export const DRIFT_ACTIONS = ["restore", "deactivate_award", "remove_code", "give_back", "leave"] as const;
export type DriftAction = (typeof DRIFT_ACTIONS)[number];

interface Meaning {
  title: string;
  /** What ends it: `itself` when we do, `staff` when a person has to say which side is right. */
  heals: "itself" | "staff";
  /** How, in words. */
  remedy: string;
  actions: readonly DriftAction[];
}

/** The closed list. Subjects: an order's, a refund's or a code's own id at Shopify, or ours of a coupon or a discount. */
export const DRIFT_KINDS = {
  order_missed: { title: "An order was not told", heals: "itself", remedy: "Read from Shopify and recorded: its codes are redeemed and its points earned.", actions: [] },
  order_change_missed: { title: "An order’s change was not told", heals: "itself", remedy: "Read from Shopify and recorded.", actions: [] },
  refund_missed: { title: "A refund was not told", heals: "itself", remedy: "Read from Shopify and recorded: points went back for it.", actions: [] },
  cancellation_missed: { title: "A cancellation was not told", heals: "itself", remedy: "Read from Shopify and recorded: the order’s coupons and points were reversed.", actions: [] },
  order_unreadable: { title: "An order could not be recorded", heals: "staff", remedy: "It stays at Shopify as it is; its codes and points are not accounted for here.", actions: ["leave"] },
  used_not_recorded: { title: "A code was used more often than we know", heals: "staff", remedy: "Its orders were looked up at Shopify, and none is missing here. They may be older than Shopify shows us, or deleted.", actions: ["leave"] },
  used_up_unknown: { title: "A customer’s coupon is used up, and by no order that we know", heals: "staff", remedy: "Its code works no more, yet the customer has it unused: an edit took it off an order before we heard of that, or the order is gone. Giving back takes the code off Shopify; the customer has the points again, or another code, as the award says.", actions: ["give_back", "leave"] },
  recorded_no_order: { title: "An order we recorded is gone", heals: "staff", remedy: "The order was deleted at Shopify. What it did to coupons and points stands.", actions: ["leave"] },
  count_differs: { title: "Shopify counts fewer uses than we recorded", heals: "itself", remedy: "Every order of this code is at Shopify: its counter is behind. Uses are counted by orders, so nothing has to be done.", actions: [] },
  discount_deactivated: { title: "A discount was switched off in Shopify", heals: "staff", remedy: "No code of it is given out until somebody decides.", actions: ["restore", "deactivate_award"] },
  discount_deleted: { title: "A discount was deleted in Shopify", heals: "staff", remedy: "No code of it is given out until somebody decides. Restoring makes it anew and puts its codes back.", actions: ["restore", "deactivate_award"] },
  discount_edited: { title: "A discount was edited in Shopify", heals: "staff", remedy: "Codes go on working, under Shopify’s terms. Restoring puts the award’s terms back.", actions: ["restore", "deactivate_award"] },
  code_missing: { title: "A code was missing at Shopify", heals: "itself", remedy: "It is put back; until then nobody is given it.", actions: [] },
  code_unknown: { title: "A code that is not ours is under our discount", heals: "staff", remedy: "It takes the award’s discount without points. Remove it, or leave it if it is meant so.", actions: ["remove_code", "leave"] },
  code_left: { title: "A code that was taken back was still at Shopify", heals: "itself", remedy: "It is taken off.", actions: [] },
} as const satisfies Record<string, Meaning>;
export type DriftKind = keyof typeof DRIFT_KINDS;

/** The kinds that only a look at all codes finds, and finds no more when they are over. */
export const CODE_KINDS = ["used_not_recorded", "used_up_unknown", "recorded_no_order", "count_differs", "code_unknown"] as const satisfies DriftKind[];

/** The kinds about the terms of one discount. */
export const DISCOUNT_KINDS = ["discount_deactivated", "discount_deleted", "discount_edited"] as const satisfies DriftKind[];

/** How a difference names the discount that it is about: a discount that is made anew keeps its name. */
export function discountSubject(parentId: bigint): string {
  return `discount_${parentId}`;
}

/** What is known about one difference, as it is stored. */
export const DriftDetails = z.object({
  awardNumber: z.int().optional(),
  /** Of a discount of ours, its row. */
  parentId: z.string().optional(),
  code: z.string().optional(),
  /** Of a code at Shopify. */
  codeGid: z.string().optional(),
  discountGid: z.string().optional(),
  orderGid: z.string().optional(),
  orderName: z.string().optional(),
  /** Terms that differ, in words. */
  terms: z.array(z.object({ term: z.string(), ours: z.string(), theirs: z.string() })).optional(),
  /** Uses as Shopify counts them, and as we do. */
  theirUses: z.int().optional(),
  ourUses: z.int().optional(),
  /** Staff said that it is meant so: not to be found again. */
  left: z.boolean().optional(),
});
export type DriftDetails = z.infer<typeof DriftDetails>;

/** What a stored word means; a kind of an older version has no meaning any more. */
export function isDriftKind(text: string): text is DriftKind {
  return text in DRIFT_KINDS;
}
