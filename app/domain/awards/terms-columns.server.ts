/** The columns of an award that its sentence of terms is made of, for reads that are written in SQL. */
import { Prisma } from "../../generated/prisma/client";

const PLAIN = [
  "value", "currency", "capMinor", "minPoints", "maxPoints", "stepPoints", "stepMinor", "minOrderMinor", "maxOrderMinor",
  "productGids", "variantGids", "collectionGids", "durationMonths", "usesPerCustomer", "redeemGapDays", "redeemableFrom",
  "expiryCount", "expiresOn", "weekdays", "monthDays", "fromMinute", "untilMinute", "registeredFrom", "registeredUntil",
  "maxOrders", "firstOrderOnly", "locationIds", "zones", "concepts",
];
const ENUMS = { kind: "text", duration: "text", expiryRule: "text", channels: "text[]" };

/** `a."kind"::text, a."value", …`: every column of AwardTerms. The query calls the award `a`. */
export const termsColumns = Prisma.raw([...PLAIN.map((name) => `a."${name}"`), ...Object.entries(ENUMS).map(([name, type]) => `a."${name}"::${type}`)].join(", "));
