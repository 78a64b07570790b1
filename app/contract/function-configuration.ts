/**
 * What the app tells its discount Function about one discount: a JSON metafield on it. The Function imports the types only.
 * Shopify gives it to the Function as it stands and takes the variables of the input queries from its top level, so every
 * variable is always there: one that is missing would fail the run.
 */
import { z } from "zod";

/** The Function's handle, as its shopify.extension.toml says (a test compares). */
export const FUNCTION_HANDLE = "award-discount";
/** Where the configuration stands; the toml and the input queries say the same (a test compares). */
export const FUNCTION_METAFIELD = { namespace: "$app", key: "function-configuration" } as const;
/** Shopify gives the Function null instead of a longer one. */
export const MAX_CONFIGURATION_BYTES = 10_000;

const Decimal = z.string().regex(/^\d+(\.\d+)?$/);
const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/);
/** The last part of a gid: short, because there may be hundreds. */
const Id = z.string().regex(/^\d+$/);

export const FunctionConfiguration = z.object({
  /** Variables: the collections of the scope, and the hours as up to two windows of a day (the second runs from midnight on). */
  collectionIds: z.array(z.string()).max(100),
  firstFrom: Time,
  firstUntil: Time,
  secondFrom: Time,
  secondUntil: Time,

  value: z.discriminatedUnion("kind", [
    /** `cap`: at most so much off. */
    z.object({ kind: z.literal("percentage"), percentage: z.int().min(1).max(100), cap: Decimal.nullable() }),
    z.object({ kind: z.literal("amount"), amount: Decimal }),
    /** One unit of the variant. */
    z.object({ kind: z.literal("gift"), variantId: Id }),
    z.object({ kind: z.literal("shipping") }),
  ]),
  /** What every amount here is in. `only`: another currency than the shop's, and carts in any other get nothing. */
  currency: z.object({ code: z.string().length(3), only: z.boolean() }),
  minimum: Decimal.nullable(),
  maximum: Decimal.nullable(),
  /** Whether only some products count; then these, or those of the collections. */
  scoped: z.boolean(),
  productIds: z.array(Id).max(100),
  variantIds: z.array(Id).max(100),
  /** 1 = Monday to 7; days of the month. Empty: any. */
  weekdays: z.array(z.int().min(1).max(7)),
  monthDays: z.array(z.int().min(1).max(31)),
  /** Whether the windows count. */
  hours: z.boolean(),
  /** At most so many orders before this one. */
  maxOrders: z.int().min(0).nullable(),
  /** Only this customer. */
  customerId: z.string().nullable(),
  /** Where the cart is; empty: anywhere. */
  channels: z.array(z.enum(["online", "pos"])),
});
export type FunctionConfiguration = z.infer<typeof FunctionConfiguration>;
