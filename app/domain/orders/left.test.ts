import { describe, expect, it } from "vitest";
import { shareIn } from "../coupons/share";
import { leftOf } from "./left";
import { EarnedLine, SHIPPING_LINE, TOTAL_LINE, type RefundFacts } from "./order";

/** A line of `quantity` units that cost `netMinor` together and earns a point for each 1.00 unless told otherwise. */
function line(id: string, quantity: number, netMinor: number, more: Partial<EarnedLine> = {}): EarnedLine {
  return EarnedLine.parse({ id, quantity, netMinor, earningMinor: netMinor, rateMilli: 1000, codes: {}, ...more });
}

type Part = Pick<RefundFacts, "lines" | "beyondMinor" | "beyondTaxMinor">;
const units = (lineId: string, quantity: number, netMinor: number, taxMinor = 0): Part => ({ lines: [{ lineId, quantity, netMinor, taxMinor }], beyondMinor: 0 });
const amount = (beyondMinor: number, beyondTaxMinor = 0): Part => ({ lines: [], beyondMinor, beyondTaxMinor });
const back = (part: Part, held: number): Part => ({ ...part, beyondMinor: -held });

const shirt = line("shirt", 3, 10_000);
const mug = line("mug", 1, 2_000, { rateMilli: 3000 });
const card = line("card", 1, 5_000, { earningMinor: 0, rateMilli: 0 });

describe("points that an order keeps", () => {
  it.each<[string, EarnedLine[], Part[], number]>([
    ["nothing refunded", [shirt, mug], [], 160],
    ["one of three units, at its cents", [shirt, mug], [units("shirt", 1, 3_333)], 126],
    ["two of three", [shirt, mug], [units("shirt", 1, 3_333), units("shirt", 1, 3_334)], 93],
    ["all three, a cent short: the whole line is gone", [shirt, mug], [units("shirt", 3, 9_999)], 60],
    ["all three, a cent too much", [shirt, mug], [units("shirt", 1, 3_334), units("shirt", 2, 6_667)], 60],
    ["the line at three points, not at the average", [shirt, mug], [units("mug", 1, 2_000)], 100],
    ["a gift card: it had earned nothing", [shirt, card], [units("card", 1, 5_000)], 100],
    ["more units than there are", [shirt], [units("shirt", 9, 10_000)], 0],
    ["a line that is not on the order yet", [shirt], [units("later", 1, 3_000)], 100],
    ["an amount, off every line alike", [shirt, mug], [amount(6_000)], 80],
    ["an amount, off what is left", [shirt, mug], [units("shirt", 3, 10_000), amount(1_000)], 30],
    ["an amount that a later refund holds back again", [shirt, mug], [amount(1_000), back(units("shirt", 3, 10_000), 1_000)], 60],
    ["an amount beyond everything", [shirt, mug], [amount(50_000)], 0],
    ["a fee held back from what was returned: it bought nothing", [shirt, mug], [back(units("shirt", 3, 10_000), 500)], 60],
    ["tax in the prices, which had not earned", [line("shirt", 2, 11_900, { earningMinor: 10_000, taxShare: -1 })], [units("shirt", 1, 5_950, 950)], 50],
    ["tax that had earned on top", [line("shirt", 2, 10_000, { earningMinor: 11_900, taxShare: 1 })], [units("shirt", 1, 5_000, 950)], 59],
    ["an amount with the tax on top, which had earned", [line("shirt", 2, 10_000, { earningMinor: 11_900, taxShare: 1 })], [amount(5_000, 950)], 59],
    ["an amount with the tax on top, which had not earned", [line("shirt", 2, 10_000)], [amount(5_000, 950)], 50],
    ["an amount with tax in the prices, which had not earned", [line("shirt", 2, 11_900, { earningMinor: 10_000, taxShare: -1 })], [amount(5_950, 950)], 50],
    ["the payout for a unit that an edit took away, with its tax, and more", [line("shirt", 2, 10_000, { earningMinor: 11_900, taxShare: 1, removed: 1 })], [amount(6_000, 1_140)], 47],
    ["an amount with tax that a later refund holds back again", [line("shirt", 2, 10_000, { earningMinor: 11_900, taxShare: 1 })], [amount(1_000, 190), { ...units("shirt", 1, 5_000, 950), beyondMinor: -1_000, beyondTaxMinor: -190 }], 59],
    ["shipping that earns", [shirt, line(SHIPPING_LINE, 1, 900)], [units(SHIPPING_LINE, 0, 400)], 105],
    ["shipping that earns, all of it", [shirt, line(SHIPPING_LINE, 1, 900)], [units(SHIPPING_LINE, 0, 900)], 100],
    ["a unit that an edit took away", [line("shirt", 3, 10_000, { removed: 1 }), mug], [], 126],
    ["and the payout for it, which names no line", [line("shirt", 3, 10_000, { removed: 1 }), mug], [amount(3_333)], 126],
    ["the rest refunded after it", [line("shirt", 3, 10_000, { removed: 1 }), mug], [units("shirt", 2, 6_667)], 60],
    ["an order told as one sum", [line(TOTAL_LINE, 1, 10_000)], [units("7", 1, 2_500)], 75],
    ["an order for nothing", [line("shirt", 1, 0)], [units("shirt", 1, 0)], 0],
  ])("after %s", (_name, lines, refunds, points) => {
    expect(leftOf(lines, refunds).points("EUR")).toBe(points);
    expect(leftOf(lines.toReversed(), refunds.toReversed()).points("EUR")).toBe(points);
  });

  it("are counted in the smallest unit the currency has", () => {
    expect(leftOf([line("shirt", 2, 10_000)], [units("shirt", 1, 5_000)]).points("JPY")).toBe(5_000);
    expect(leftOf([line("shirt", 2, 10_000)], [units("shirt", 1, 5_000)]).points("KWD")).toBe(5);
  });
});

describe("an order discount on several lines, refunded in part", () => {
  /** 10.00 off 99.99: Shopify puts the odd cents on the first lines. */
  const lines = [
    line("shirt", 3, 6_000, { codes: { TENOFF: 667, OTHER: 100 } }),
    line("mug", 1, 2_000, { codes: { TENOFF: 222 } }),
    line("book", 2, 999, { codes: { TENOFF: 111, OTHER: 3 } }),
    line("card", 1, 5_000, { earningMinor: 0, rateMilli: 0 }),
  ];
  it.each<[string, Part[], number, number]>([
    ["nothing", [], 0, 0],
    ["one shirt", [units("shirt", 1, 2_000)], 222, 323],
    ["two shirts", [units("shirt", 2, 4_000)], 444, 647],
    ["all shirts", [units("shirt", 3, 6_000)], 667, 970],
    ["all shirts, one by one", [units("shirt", 1, 2_000), units("shirt", 1, 2_000), units("shirt", 1, 2_000)], 667, 970],
    ["the mug", [units("mug", 1, 2_000)], 222, 0],
    ["one book", [units("book", 1, 499)], 55, 14],
    ["one shirt, one book and the mug", [units("shirt", 1, 2_000), units("book", 1, 499), units("mug", 1, 2_000)], 499, 338],
    ["the gift card, which had no discount", [units("card", 1, 5_000)], 0, 0],
    ["an amount: the discount stands", [amount(3_000)], 0, 0],
    ["everything but a book", [units("shirt", 3, 6_000), units("mug", 1, 2_000), units("book", 1, 500)], 944, 985],
    ["everything", [units("shirt", 3, 6_000), units("mug", 1, 2_000), units("book", 2, 999)], 1000, 1000],
  ])("%s", (_name, refunds, tenOff, other) => {
    const left = leftOf(lines, refunds);
    const of = (code: string) => shareIn(1000, left.goneShare(code) ?? { numerator: -1n, denominator: 1n });
    expect([of("TENOFF"), of("OTHER")]).toEqual([tenOff, other]);
  });

  it("a code that took nothing off a line has no share", () => expect(leftOf(lines, []).goneShare("NOTHERE")).toBeNull());

  it("one on shipping comes back with the shipping", () => {
    const shipping = line(SHIPPING_LINE, 1, 600, { rateMilli: 0, earningMinor: 0, codes: { HALFSHIP: 600 } });
    const share = (refunds: Part[]) => shareIn(100, leftOf([shirt, shipping], refunds).goneShare("HALFSHIP") ?? { numerator: -1n, denominator: 1n });
    expect(share([units("shirt", 3, 10_000)])).toBe(0);
    expect(share([units(SHIPPING_LINE, 0, 200)])).toBe(33);
    expect(share([units(SHIPPING_LINE, 0, 200), units(SHIPPING_LINE, 0, 400)])).toBe(100);
  });

  it("one that made the shipping free says nothing until everything went back", () => {
    const shipping = line(SHIPPING_LINE, 1, 0, { rateMilli: 0, earningMinor: 0, codes: { FREESHIP: 600 } });
    const left = leftOf([shirt, shipping], [units("shirt", 3, 10_000)]);
    expect(shareIn(100, left.goneShare("FREESHIP") ?? { numerator: -1n, denominator: 1n })).toBe(0);
    expect(left.isEveryUnitGone).toBe(true);
  });
});

describe("every unit went back", () => {
  it.each<[string, EarnedLine[], Part[], boolean]>([
    ["when all were refunded", [shirt, mug], [units("shirt", 3, 1), units("mug", 1, 1)], true],
    ["not while a gift card stands", [shirt, card], [units("shirt", 3, 10_000)], false],
    ["when the rest was taken away by an edit", [line("shirt", 3, 10_000, { removed: 2 })], [units("shirt", 1, 3_333)], true],
    ["not of an order without units", [line(SHIPPING_LINE, 1, 500)], [units(SHIPPING_LINE, 0, 500)], false],
    ["not by an amount", [shirt], [amount(10_000)], false],
  ])("%s", (_name, lines, refunds, expected) => expect(leftOf(lines, refunds).isEveryUnitGone).toBe(expected));
});
