/** Calls about coupons: give one, validate, lock, burn, release, look, and staff's verbs. */
import { z } from "zod";
import { ApiReason, CALL_REASONS, USE_REASONS, type ApiErrorReason } from "./errors";
import { Amount, Code, CustomerId, Email, Instant, Mobile, NamedCustomer, OutsideId, PageEnd, PageQuery, RuleId, text, HappenedAt } from "./fields";
import { operation, type WritesWhen } from "./operation";

const NONE = z.object({});
const ISSUE_REASONS = ["insufficient_points", "coupon_expired", "customer_max_reached", "coupon_max_reached", "award_inactive", "not_started", "not_eligible", "too_soon", "out_of_codes", "discount_off", "error"] as const satisfies ApiErrorReason[];
const WHO = ["customer_unknown", "customer_ambiguous"] as const satisfies ApiErrorReason[];

const Given = z.object({
  code: z.string().describe("What the customer uses, in upper case."),
  startDate: Instant.nullable().describe("From when it can be used."),
  expiryDate: Instant.nullable().describe("From this instant on it cannot be used; null: without end."),
  url: z.string().nullable().describe("Opens the shop with the coupon applied to the cart; null for a coupon that your own till applies."),
  pin: z.string().optional().describe("Never set: no coupon of ours needs one."),
  outcome: z.enum(["issued", "existing_sent"]).describe("existing_sent: the customer had it already, and nothing was charged."),
  ruleId: RuleId,
  couponId: z.string().describe("Our id of the coupon: cpn_…"),
  pointsSpent: z.int(),
});

/** POST /coupons/predefined */
export const predefined = operation({
  method: "POST",
  path: "/coupons/predefined",
  tag: "Coupons",
  summary: "Generate a coupon",
  description: "Gives the customer a coupon of an award and spends its points price in the same moment. A customer who already holds one gets that one again where the award says so; nothing is charged then. With an Idempotency-Key a repetition gives no second coupon. A refusal's reasons name everything that stands in the way at once, and what would change it.",
  scope: "coupons:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z.object({
    ...NamedCustomer,
    ruleId: RuleId,
    points: z.int().min(1).max(1_000_000_000).nullish().describe("Of an award with a variable amount: how many points to spend."),
  }),
  answer: Given,
  errors: [...WHO, "award_unknown", ...ISSUE_REASONS],
});

/** POST /coupons/distribute */
export const distribute = operation({
  method: "POST",
  path: "/coupons/distribute",
  tag: "Coupons",
  summary: "Give a coupon for nothing",
  description: "Gives the customer a coupon of an award without asking for points. All other rules of the award hold; a refusal's reasons name all that stand in the way.",
  scope: "coupons:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z.object({
    ...NamedCustomer,
    ruleId: RuleId,
    code: Code.nullish().describe("This code of the award and no other. Left out: any that has no rules of its own; one that was typed with such rules, and for nobody, is given only by its name."),
  }),
  answer: Given,
  errors: [...WHO, "award_unknown", ...ISSUE_REASONS],
});

const CombinesWith = z.object({ orderDiscounts: z.boolean(), productDiscounts: z.boolean(), shippingDiscounts: z.boolean() });
export const COUPON_TYPES = ["fixed", "percentage", "shipping", "product", "custom"] as const;
const Ids = z.array(z.string()).nullable();

/** A coupon's terms, as both published forms of the answer have them. */
export const CouponTerms = z.object({
  code: z.string(),
  type: z.enum(COUPON_TYPES).describe("fixed: an amount · percentage · shipping: free shipping · product: a free product · custom: you know what it is worth."),
  value: z.number().describe("fixed: major units of the currency; percentage: 1 to 100; else 0."),
  currency: z.string(),
  usageLimit: z.int().describe("Uses of the code by all customers; -1: no limit."),
  limitPerCustomer: z.int().describe("Uses of the award by one customer; -1: no limit."),
  startDate: Instant.nullable(),
  expiryDate: Instant.nullable(),
  capping: z.number().nullable().describe("A percentage takes at most so much off."),
  minOrderValue: z.number().nullable(),
  maxOrderValue: z.number().nullable(),
  entitledProductIds: Ids.describe("Shopify's numbers; null: everything."),
  entitledVariantIds: Ids.describe("Of type product: what is free."),
  entitledCollectionIds: Ids,
  entitledMerchantIds: Ids.describe("Location ids at which it can be used; null: anywhere, or at the places of a zone or concept."),
  combinesWith: CombinesWith,
  ruleId: RuleId,
  name: z.string().describe("The award's name."),
});
export type CouponTerms = z.infer<typeof CouponTerms>;

const IdList = z.array(OutsideId).max(200).nullish();
const Line = z.object({
  productId: OutsideId.nullish(),
  variantId: OutsideId.nullish(),
  collectionsIds: IdList,
  collectionIds: IdList,
  amount: Amount.nullish().describe("What the line costs before these coupons."),
  price: Amount.nullish().describe("Of one piece; with quantity it stands for amount."),
  quantity: z.number().min(0).max(1_000_000).nullish(),
});
const MOST = 1e12;
const costOf = (lines: z.output<typeof Line>[]) => lines.reduce((sum, { amount, price, quantity }) => sum + (amount ?? (price ?? 0) * (quantity ?? 1)), 0);
const Lines = z.array(Line).max(500).refine((lines) => costOf(lines) <= MOST, "All lines together cost at most 1,000,000,000,000.");

/** What a till says of the order. */
const CartFields = {
  totalPurchaseAmount: Amount.nullish().describe("The order's total before these coupons, in major units. Left out, minimums, maximums and percentages are not judged."),
  currency: z.string().regex(/^[A-Z]{3}$/).nullish().describe("Of totalPurchaseAmount; left out: the coupon's own."),
  collectionId: OutsideId.nullish(),
  collectionIds: IdList.describe("Collections that the order's products belong to."),
  collectionsIds: IdList.describe("The same as collectionIds."),
  productIds: IdList,
  productsIds: IdList.describe("The same as productIds."),
  variantIds: IdList,
  lineItems: Lines.nullish().describe("The order line by line; with amounts, a coupon for some products is counted exactly."),
  merchantId: OutsideId.nullish().describe("The location at which the order is placed, as GET /locations lists it."),
  branchId: OutsideId.nullish().describe("Stands before merchantId where both are sent."),
  channel: z.enum(["online", "pos"]).nullish().describe("Left out: not judged."),
};
export const Cart = z.object(CartFields);
export type Cart = z.infer<typeof Cart>;

const LockFields = {
  lock: z.boolean().nullish().describe("true reserves what is valid for this session; needs the secretkey."),
  lockReference: text(100).nullish().describe("The session; left out: we make one. Sent again with the same coupons it is answered the same, and nothing is extended."),
  lockDuration: z.int().min(1).max(21_600).nullish().describe("Minutes, up to 15 days; left out: the shop's setting."),
};
const LockQuery = z.object({ lock: z.enum(["true", "false"]).optional().describe("The same as lock in the body.") });
const Shopper = { customerId: CustomerId.nullish(), email: Email, mobile: Mobile };
const LOCKING: WritesWhen = { scope: "coupons:write", when: (query, body) => query.lock === "true" || body.lock === true };
const LOCKED = {
  lockReference: z.string().nullable().describe("Send it to burn or release; null: nothing was locked."),
  dateToExpire: Instant.nullable().describe("Until when the lock holds."),
};
const VALIDATE_TEXT = "200 also when it is not valid: then reasons names every unmet condition at once, and what would change it. With lock a refusal is an error with the reason's own code, and nothing is locked.";
const Judged = {
  discountType: z.enum(COUPON_TYPES).nullable(),
  discountAmount: z.number().nullable().describe("What will be taken off, in major units; null where it is not an amount, or a percentage of a total that was not sent."),
};
const Valid = {
  isValid: z.boolean().describe("Whether the customer may use it on this order now."),
  valid: z.boolean().describe("The same, as the other published form calls it."),
  currency: z.string(),
  reasons: z.array(ApiReason).describe("Why not; empty when it is valid."),
  notJudged: z.array(z.string()).describe("Rules that were not judged because the order was not told: order_amount, scope, location, channel. Send more to have them judged."),
};

/** POST /coupons/{code}/validate */
export const validateCoupon = operation({
  method: "POST",
  path: "/coupons/{code}/validate",
  tag: "Coupons",
  summary: "Validate a coupon, and lock it if wished",
  description: `Says whether the customer may use the coupon on this order. ${VALIDATE_TEXT}`,
  scope: "coupons:read",
  writes: LOCKING,
  params: z.object({ code: Code }),
  query: LockQuery,
  body: z.object({ ...Shopper, ...LockFields, ...CartFields }),
  answer: z.object({ ...Valid, ...LOCKED, ...Judged, coupon: CouponTerms.nullable().describe("null: there is no such coupon.") }),
  errors: [...WHO, ...USE_REASONS, ...CALL_REASONS],
});

const OneOfMany = z.object({ code: z.string(), lockReference: z.string().nullable(), ...Judged });

/** POST /coupons/validate */
export const validateCoupons = operation({
  method: "POST",
  path: "/coupons/validate",
  tag: "Coupons",
  summary: "Validate several coupons together, and lock them if wished",
  description: `Says whether the customer may use all of these coupons together on this order. All must be valid; a lock holds all or none. ${VALIDATE_TEXT}`,
  scope: "coupons:read",
  writes: LOCKING,
  params: NONE,
  query: LockQuery,
  body: z.object({ ...Shopper, coupons: z.array(z.union([Code, z.object({ code: Code })])).min(1).max(50), ...LockFields, ...CartFields }),
  answer: z.object({
    ...Valid,
    ...LOCKED,
    coupons: z.array(CouponTerms).describe("Those that there are, in the order asked."),
    validCoupons: z.array(OneOfMany),
    invalidCoupons: z.array(z.object({ code: z.string(), error: z.string(), reasons: z.array(ApiReason) })),
  }),
  errors: [...WHO, ...USE_REASONS, ...CALL_REASONS],
});

/** GET /locks/{lockReference} */
export const lockDetails = operation({
  method: "GET",
  path: "/locks/{lockReference}",
  tag: "Locks",
  summary: "See a lock",
  description: "What a lock reserves, and what became of it.",
  scope: "coupons:read",
  writes: false,
  params: z.object({ lockReference: text(100) }),
  query: NONE,
  body: null,
  answer: z.object({
    lockReference: z.string(),
    customerId: z.string().nullable().describe("Shopify's number of the customer."),
    status: z.enum(["held", "burned", "released", "expired"]),
    isUsed: z.boolean(),
    usedAt: Instant.nullable(),
    isExpired: z.boolean(),
    expiredAt: Instant.nullable().describe("When it ran out, or will."),
    transactionId: z.string().nullable().describe("What burned it."),
    lockedCoupons: z.array(z.object({ code: z.string(), lockedAt: Instant, expiresAt: Instant })),
    coupons: z.array(CouponTerms),
  }),
  errors: ["lock_unknown"],
});

const BurnFields = {
  customerId: CustomerId.nullish(),
  email: Email,
  mobile: Mobile,
  transactionId: OutsideId.describe("What used the coupons: your order or receipt number. The same one never uses a coupon twice."),
  transactionTime: HappenedAt.nullish().describe("When it happened; left out: now."),
};

/** POST /coupons/burn */
export const burn = operation({
  method: "POST",
  path: "/coupons/burn",
  tag: "Coupons",
  summary: "Burn coupons",
  description: "Records that a transaction used coupons: those that are named, or those under a lock. Send exactly one of the two. All are used or none. Repeated with the same transaction it answers the same and uses nothing again.",
  scope: "coupons:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z
    .object({
      ...BurnFields,
      coupons: z.array(z.union([Code, z.object({ code: Code })])).min(1).max(50).nullish(),
      lockReference: text(100).nullish(),
      ...CartFields,
    })
    .refine(({ coupons, lockReference }) => (coupons == null) !== (lockReference == null), { path: ["coupons"], message: "Send exactly one of coupons and lockReference." }),
  answer: z.object({
    success: z.literal(true),
    burnedAt: Instant,
    transactionId: z.string(),
    coupons: z.array(z.string()).describe("The codes that it used."),
  }),
  errors: [...WHO, ...USE_REASONS, ...CALL_REASONS],
});

const Released = z.object({ success: z.literal(true), releasedAt: Instant, releasedCoupons: z.array(z.string()).describe("Codes that can be used again.") });
const RELEASE_TEXT = "Ends a lock: its coupons can be used by others. Repeated it answers the same. What was burned cannot be released.";
const RELEASE_ERRORS = ["lock_unknown", "lock_burned"] as const satisfies ApiErrorReason[];

/** POST /coupons/release */
export const release = operation({
  method: "POST", path: "/coupons/release", tag: "Locks", summary: "Release a lock", description: RELEASE_TEXT,
  scope: "coupons:write", writes: true, params: NONE, query: NONE, body: z.object({ lockReference: text(100) }), answer: Released, errors: RELEASE_ERRORS,
});

/** DELETE /coupons/{lockReference} */
export const releaseByPath = operation({
  method: "DELETE", path: "/coupons/{lockReference}", tag: "Locks", summary: "Release a lock, named in the address", description: RELEASE_TEXT,
  scope: "coupons:write", writes: true, params: z.object({ lockReference: text(100) }), query: NONE, body: null, answer: Released, errors: RELEASE_ERRORS,
});

export const COUPON_STATUSES = ["available", "issued", "locked", "redeemed", "expired", "revoked", "archived"] as const;
const Standing = {
  couponId: z.string(),
  status: z.enum(COUPON_STATUSES),
  isActive: z.boolean().describe("Whether it can still be used some time."),
  isExpired: z.boolean(),
  isLocked: z.boolean(),
  isReversed: z.boolean().describe("Whether a use of it was undone: its order was cancelled or fully refunded, or an edit took its code off the order."),
  last_status_change_on: Instant.nullable(),
  usedCount: z.int().describe("Uses by all customers."),
};

/** GET /coupons/{code} */
export const couponDetail = operation({
  method: "GET",
  path: "/coupons/{code}",
  tag: "Coupons",
  summary: "See a coupon",
  description: "A coupon with its terms, where it stands, and how it was used: the newest 50 uses.",
  scope: "coupons:read",
  writes: false,
  params: z.object({ code: Code }),
  query: NONE,
  body: null,
  answer: CouponTerms.extend({
    ...Standing,
    customerId: z.string().nullable().describe("Shopify's number of the customer who holds it; null: nobody, or everybody."),
    issuedAt: Instant.nullable(),
    redemptions: z.array(
      z.object({
        redemptionId: z.string(), transactionId: z.string(), channel: z.string(), locationId: z.string().nullable(),
        discountAmount: z.number(), currency: z.string(), redeemedAt: Instant,
        isReversed: z.boolean(), reversedAt: Instant.nullable(), reversalReason: z.string().nullable().describe("cancelled or refunded, as its order was, or removed by an edit of it."), flags: z.array(z.string()),
      }),
    ),
  }),
  errors: ["coupon_unknown"],
});

/** GET /customers/{customerId}/coupons */
export const customerCoupons = operation({
  method: "GET",
  path: "/customers/{customerId}/coupons",
  tag: "Customers",
  summary: "List a customer's coupons",
  description: "What the customer was given, newest first.",
  scope: "coupons:read",
  writes: false,
  params: z.object({ customerId: CustomerId }),
  query: PageQuery.extend({
    status: z.enum(COUPON_STATUSES).optional(),
    location: text(255).optional().describe("Only coupons that can be used at this location."),
    zone: text(100).optional().describe("Only coupons that can be used in this zone."),
  }),
  body: null,
  answer: z.object({
    coupons: z.array(
      CouponTerms.extend({
        ...Standing,
        issuanceId: z.string(),
        isAvailableToUse: z.boolean().describe("Whether it stands ready now: in its period, not used up, not taken back."),
        customerUsedCount: z.int().describe("Uses by this customer."),
        points: z.int().describe("What it cost."),
        issuedAt: Instant,
      }),
    ),
    ...PageEnd,
  }),
  errors: WHO,
});
