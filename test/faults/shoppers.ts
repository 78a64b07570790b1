/** Shoppers who redeem, pay, give back, cancel and refund while everything breaks, and remember what they were told. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RedeemAnswer } from "#app/contract/checkout.ts";
import type { StoreShop } from "#test/store/store.ts";

export interface Promised {
  requestKey: string;
  customerGid: string;
  code: string;
}

export interface Shoppers {
  /** Coupons the app said it had issued: none of them may be lost. */
  promised: Promised[];
  /** What the app refused, by outcome; an all-refusing app would pass every other check. */
  refused: Map<string, number>;
  /** Codes that were handed out and that the store would not take. */
  dead: string[];
  /** Calls that were tried again because no answer came. */
  retries: number;
}

interface Scene {
  appUrl: string;
  shop: StoreShop;
  customerGids: readonly string[];
  awardNumbers: readonly number[];
  variantGid: string;
  random: () => number;
}

const TRIES = 120;
const PAUSE_MS = 150;

/** Lets `count` shoppers act until `until`. What they began is brought to its end. */
export async function shop(scene: Scene, count: number, until: number): Promise<Shoppers> {
  const seen: Shoppers = { promised: [], refused: new Map(), dead: [], retries: 0 };
  await Promise.all(
    Array.from({ length: count }, async () => {
      while (Date.now() < until) await redeemOnce(scene, seen);
    }),
  );
  return seen;
}

async function redeemOnce(scene: Scene, seen: Shoppers): Promise<void> {
  const { shop, random } = scene;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const customerGid = pick(scene.customerGids);
  const requestKey = randomUUID();
  const answer = RedeemAnswer.parse(await call(scene, seen, "/checkout/redeem", customerGid, { awardNumber: pick(scene.awardNumbers), requestKey }));
  if (answer.outcome !== "issued") {
    seen.refused.set(answer.outcome, (seen.refused.get(answer.outcome) ?? 0) + 1);
    return;
  }
  const { code, issuanceId } = answer.coupon;
  seen.promised.push({ requestKey, customerGid, code });

  const fate = random();
  if (fate < 0.1) return; // the tab is closed
  if (fate < 0.25) {
    await call(scene, seen, "/checkout/return", customerGid, { issuanceId, reason: "given_up" });
    return;
  }
  const placed = shop.placeOrder({ customerGid, lines: [{ variantGid: scene.variantGid, quantity: 1 + Math.floor(random() * 3) }], discountCodes: [code] });
  if ("refused" in placed) {
    seen.dead.push(`${code}: ${JSON.stringify(placed.refused)}`);
    return;
  }
  if (fate < 0.4) shop.cancelOrder(placed.gid, "CUSTOMER");
  else if (fate < 0.5) shop.refundOrder(placed.gid, { full: true });
}

/** One call, repeated with the same body until it is answered: what a shopper's checkout does when the connection breaks. */
async function call(scene: Scene, seen: Shoppers, path: string, customerGid: string, body: object): Promise<unknown> {
  let last = "";
  for (let attempt = 1; ; attempt++) {
    let waitMs = PAUSE_MS * (0.5 + Math.random());
    try {
      const response = await fetch(scene.appUrl + path, {
        method: "POST",
        headers: { Authorization: `Bearer ${scene.shop.checkoutToken({ customerGid })}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
      if (response.ok) return await response.json();
      last = `${response.status} ${await response.text()}`;
      // One who asked again and again while the database was down is told when to come back.
      if (response.status === 429) waitMs = Math.max(waitMs, Number(response.headers.get("Retry-After") ?? 0) * 1000);
      else if (response.status < 500) throw new Refused(`${path}: ${last}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
      last = String(error);
    }
    if (attempt === TRIES) throw new Error(`${path} was not answered in ${TRIES} tries: ${last}`);
    seen.retries += 1;
    await sleep(waitMs);
  }
}

class Refused extends Error {}
