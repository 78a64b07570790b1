/** What staff write about rules and tiers, as text, and how it reads back. Pure; the browser and the server read it. */
import { ONE_MILLI } from "../../domain/points/earn-rule";

/** "1.5" → 1500 thousandths; NaN: not a number with at most three digits after the point. */
export function readMultiplier(text: string): number {
  const [, whole, fraction = ""] = /^(\d{1,4})(?:\.(\d{1,3}))?$/.exec(text.trim()) ?? [];
  return whole === undefined ? Number.NaN : Number(whole) * ONE_MILLI + Number(fraction.padEnd(3, "0"));
}

/** 1500 → "1.5". */
export function multiplierText(milli: number): string {
  return String(milli / ONE_MILLI);
}

/** "1.5 ×", or what 0 and 1 mean. */
export function multiplierWords(milli: number): string {
  return milli === 0 ? "Earns nothing" : `${multiplierText(milli)}×`;
}

/** "500" → 500; NaN: not a whole number. */
export function readWhole(text: string): number {
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN;
}
