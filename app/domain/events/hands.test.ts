import { expect, it } from "vitest";
import { DELIVERY_HANDS, openHands, SLOW_MS, type Hand, type Hands } from "./hands";

const NOON = new Date("2026-03-02T12:00:00Z");
const after = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000);

/** Endpoints of a shop ask for a hand; those that were given one. */
function ask(hands: Hands, shopId: number, endpoints: number[], now = NOON): Hand[] {
  return endpoints.flatMap((endpoint) => hands.take({ shopId, endpointId: BigInt(endpoint) }, now) ?? []);
}
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

it("a shop with many endpoints leaves half of the hands to others", () => {
  const hands = openHands();
  expect(ask(hands, 1, numbers(20))).toHaveLength(DELIVERY_HANDS / 2);
  expect(ask(hands, 2, [1])).toHaveLength(1);
});

it("endpoints that let us wait hold few hands, of a shop and of all, and give back those they were found out with", () => {
  const hands = openHands();
  const first = ask(hands, 1, numbers(8));
  expect(first.map((hand) => hand.mayGoOn(SLOW_MS, NOON))).toEqual([true, true, ...Array<boolean>(6).fill(false)]);
  for (const hand of first.slice(2)) hand.letGo();
  // Known from now on: they wait, and a quick one of the same shop does not.
  expect(ask(hands, 1, [2, 3, 4])).toHaveLength(0);
  expect(ask(hands, 1, [100])).toHaveLength(1);
  for (const shopId of [2, 3, 4, 5]) for (const hand of ask(hands, shopId, [1, 2])) hand.mayGoOn(SLOW_MS, NOON);
  expect(ask(hands, 6, numbers(7))).toHaveLength(7);
});

it("one that had a hand lets those look first that were turned away, and is quick again after a while", () => {
  const hands = openHands();
  const [one, other] = ask(hands, 1, [1, 2]);
  for (const hand of [one, other]) hand?.mayGoOn(SLOW_MS, NOON);
  const third = ask(hands, 1, [3])[0];
  expect([third?.mayGoOn(SLOW_MS, NOON), third?.letGo()]).toEqual([false, { othersWait: false }]);
  expect(ask(hands, 1, [3])).toHaveLength(0);
  expect([one?.letGo(), other?.letGo()]).toEqual([{ othersWait: true }, { othersWait: true }]);
  expect(ask(hands, 1, [3])[0]?.letGo()).toEqual({ othersWait: false });
  expect(ask(hands, 1, [1, 2, 3], after(9))).toHaveLength(2);
  expect(ask(hands, 2, [1, 2, 3], after(11))).toHaveLength(3);
});
