/** A year of orders: always the same ones for the same customers and products, counted back from today. */
import type { StoreProduct, NewOrder } from "./store-client";

const ORDERS = 400;
const DAY_MS = 86_400_000;

/** Oldest first. Regulars buy often, most people now and then, one in ten orders is a guest's; the newest customers have bought nothing. */
export function yearOfOrders(products: StoreProduct[], customerGids: string[], now: Date): NewOrder[] {
  const random = dice(20_261_121);
  const buyers = customerGids.slice(0, -4);
  const variants = products.filter(({ title }) => title !== "Gift card").flatMap((product) => product.variants);
  const days = Array.from({ length: ORDERS }, () => random() * 365).sort((left, right) => right - left);
  return days.map((daysAgo) => {
    const count = 1 + Math.floor(random() * 3);
    const lines = new Map<string, number>();
    for (let line = 0; line < count; line++) {
      const variant = variants[Math.floor(random() ** 1.4 * variants.length)];
      if (variant) lines.set(variant.id, 1 + Math.floor(random() ** 3 * 3));
    }
    const buyer = random() < 0.1 ? null : (buyers[Math.floor(random() ** 1.7 * buyers.length)] ?? null);
    return {
      customerGid: buyer,
      lines: [...lines].map(([variantGid, quantity]) => ({ variantGid, quantity })),
      processedAt: new Date(now.getTime() - daysAgo * DAY_MS - 3_600_000).toISOString(),
    };
  });
}

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
