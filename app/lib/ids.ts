/** Ids are bigint inside and prefixed outside: "cpn_42" says what it is, and a redemption's id is never taken for an award's. */

const PREFIXES = {
  customer: "cus", coupon: "cpn", issuance: "iss", pointsEntry: "pte", pointsHold: "pth", redemption: "red", change: "chg", inboxEvent: "inb",
  event: "evt", webhookEndpoint: "whe", webhookDelivery: "whd", job: "job", import: "imp", apiKey: "key", drift: "dif", complianceRequest: "prv", earnRule: "rul", tier: "tie",
} as const;
export type IdKind = keyof typeof PREFIXES;

/** The outside spelling of an id. */
export function publicId(kind: IdKind, id: bigint): string {
  return `${PREFIXES[kind]}_${id}`;
}

/** The inside of an outside id, or null if it is not one of this kind. */
export function parseId(kind: IdKind, text: string): bigint | null {
  const match = /^([a-z]{3})_(\d{1,18})$/.exec(text);
  return match && match[1] === PREFIXES[kind] ? BigInt(match[2] ?? "") : null;
}

/** An award is named by its number within the shop: the integer the integration API calls `ruleId`. */
export function awardId(number: number): string {
  return `awd_${number}`;
}

/** The award number in "awd_7" or "7", or null. */
export function parseAwardId(text: string): number | null {
  const match = /^(?:awd_)?([1-9]\d{0,8})$/.exec(text);
  return match ? Number(match[1]) : null;
}
