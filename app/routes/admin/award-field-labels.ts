/** What each field of the award editor is called where its problem is told, from the top of the form to its end. Pure. */
import type { Problem } from "../../domain/awards/award";

const LABELS: Record<string, string> = {
  name: "Name",
  value: "Value",
  minPoints: "Least points",
  maxPoints: "Most points",
  stepPoints: "Step",
  stepMinor: "Worth of a step",
  currency: "Currency",
  capMinor: "Maximum amount",
  giftVariantGid: "Free product",
  pointsPrice: "Points price",
  productGids: "Products",
  variantGids: "Variants",
  collectionGids: "Collections",
  minOrderMinor: "Order minimum",
  maxOrderMinor: "Order maximum",
  startsAt: "Start",
  endsAt: "End",
  redeemableFrom: "Can be used from",
  expiryRule: "Expiry of coupons",
  expiryCount: "Expiry of coupons",
  expiresOn: "Expiry of coupons",
  durationMonths: "Months",
  combinesShipping: "Combines with shipping discounts",
  codes: "Codes",
  sample: "Sample code",
  prefix: "Prefix",
  length: "Random characters",
  code: "Code",
  stockTarget: "Stock",
  lowStockAt: "Low stock",
  rotateDays: "Replace the code",
  issuesTotal: "Coupons in all",
  alertRemaining: "Tell staff",
  issuesPerCustomer: "Coupons per customer",
  issueGapDays: "Days between coupons",
  excludedAwards: "Customers of other awards",
  shareable: "Anyone may use a code",
  usesPerCode: "Uses of each code",
  usesPerCustomer: "Redemptions per customer",
  usesTotal: "Redemptions in all",
  redeemGapDays: "Days between redemptions",
  fromMinute: "Hours from",
  untilMinute: "Hours until",
  maxOrders: "Orders so far",
  registeredFrom: "Registered from",
  registeredUntil: "Registered until",
  appliedBy: "Who takes the discount off",
  locationIds: "Locations",
  zones: "Zones",
  concepts: "Kinds of store",
};
const ORDER = Object.keys(LABELS);

/** "Name: Give the award a name." */
export function toldAtTop({ field, message }: Problem): string {
  return `${LABELS[field] ?? "Award"}: ${message}`;
}

/** The problems as the form has their fields; those of no field of it come last. */
export function inFormOrder(problems: Problem[]): Problem[] {
  const place = ({ field }: Problem) => (ORDER.includes(field) ? ORDER.indexOf(field) : ORDER.length);
  return problems.toSorted((a, b) => place(a) - place(b));
}
