/** How the codes of a generated pool look, how many of them there can be, and how likely a guess hits one. Pure. */

export const ALPHABETS = {
  /** Without I, O, 0 and 1, which people mistake for each other. */
  readable: "ABCDEFGHJKLMNPQRSTUVWXYZ23456789",
  alphanumeric: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
  numeric: "0123456789",
} as const;
export type AlphabetName = keyof typeof ALPHABETS;

export interface CodePattern {
  /** Fixed start of every code, upper case; "" for none. */
  prefix: string;
  /** The characters a random position may hold. */
  alphabet: string;
  /** Count of random characters. */
  length: number;
  /** A dash after every so many random characters; 0: none. */
  groupSize: number;
}

export const DEFAULT_LENGTH = 10;
export const MIN_LENGTH = 4;
/** Of a sample code of five characters, three are random. */
const MIN_SAMPLE_LENGTH = 3;
const SAMPLE = /^[A-Z0-9]{5,10}$/;
export const MAX_PREFIX = 20;
/** Shopify itself takes 255; longer than this nobody types. */
export const MAX_CODE_LENGTH = 40;
/** From these odds on that one guess hits a live code the merchant is warned. */
export const WARN_ODDS = 1e-6;
/** The permutation works on two halves of 32 bits each. */
const MAX_HALF = 2 ** 32;

/** The pattern a pool gets when the merchant decides nothing but, perhaps, a prefix and a length. */
export function codePattern(wish: { prefix?: string; length?: number; alphabet?: AlphabetName; groupSize?: number } = {}): CodePattern {
  return {
    prefix: (wish.prefix ?? "").trim().toUpperCase(),
    alphabet: ALPHABETS[wish.alphabet ?? "readable"],
    length: wish.length ?? DEFAULT_LENGTH,
    groupSize: wish.groupSize ?? 0,
  };
}

/**
 * The pattern of a sample code of 5 to 10 characters: its first half, rounded down, stays; the rest is random over the sample's
 * own alphabet (TEST12345: TEST and five letters or digits). Null: it is no such sample.
 */
export function samplePattern(sample: string): CodePattern | null {
  const whole = sample.trim().toUpperCase();
  if (!SAMPLE.test(whole)) return null;
  const fixed = Math.floor(whole.length / 2);
  return { prefix: whole.slice(0, fixed), alphabet: /^\d+$/.test(whole) ? ALPHABETS.numeric : ALPHABETS.alphanumeric, length: whole.length - fixed, groupSize: 0 };
}

/** How many values the two halves of a code can take; their product is the space. */
export function halves({ alphabet, length }: Pick<CodePattern, "alphabet" | "length">): { left: number; right: number } {
  const right = Math.floor(length / 2);
  return { left: alphabet.length ** (length - right), right: alphabet.length ** right };
}

/** How many different codes the pattern has; exact up to 2^53. */
export function spaceOf(pattern: Pick<CodePattern, "alphabet" | "length">): number {
  const { left, right } = halves(pattern);
  return left * right;
}

export type PatternField = "prefix" | "length" | "groupSize" | "stockTarget";

export type Capacity =
  /** `fill`: share of the space that will have been made. `odds`: chance that one random guess hits a live code; `risky` from 1 in a million. */
  | { outcome: "fits"; space: number; fill: number; odds: number; risky: boolean }
  | { outcome: "refused"; space: number; problems: { field: PatternField; message: string }[] };

/** Whether a new pool of this pattern can hold `codesCount` codes, and what a guess is worth then. */
export function capacity(pattern: CodePattern, codesCount: number, minLength = MIN_LENGTH): Capacity {
  const grown = growth(pattern, codesCount, { made: 0, live: 0 });
  const problems = [...patternProblems(pattern, minLength), ...(grown.outcome === "refused" ? grown.problems : [])];
  return problems.length ? { outcome: "refused", space: grown.space, problems } : grown;
}

/** The same for a sample code; null: it is none. */
export function sampleCapacity(sample: string, codesCount: number): (Capacity & { pattern: CodePattern }) | null {
  const pattern = samplePattern(sample);
  return pattern && { ...capacity(pattern, codesCount, MIN_SAMPLE_LENGTH), pattern };
}

/** Whether `codesCount` more codes fit a pool that has `made` some, never to be made again, of which a guess may still hit `live`. */
export function growth(pattern: CodePattern, codesCount: number, { made, live }: { made: number; live: number }): Capacity {
  const space = spaceOf(pattern);
  const problems = [...countProblems(space - made, codesCount)];
  if (problems.length) return { outcome: "refused", space, problems };
  return { outcome: "fits", space, fill: (made + codesCount) / space, ...guess(live + codesCount, space) };
}

/** What one random guess is worth when `live` codes of the space work. */
export function guess(live: number, space: number): { odds: number; risky: boolean } {
  const odds = live / space;
  return { odds, risky: odds >= WARN_ODDS };
}

/** What is to be said of codes that are guessed too easily; null: nothing. */
export function guessWarning(live: number, space: number): string | null {
  const { odds, risky } = guess(live, space);
  return risky ? `These codes can be guessed: one guess in ${Math.round(1 / odds).toLocaleString("en")} hits one that works. Use more random characters, or keep fewer codes ready.` : null;
}

function* patternProblems(pattern: CodePattern, minLength: number): Generator<{ field: PatternField; message: string }> {
  const { prefix, alphabet, length, groupSize } = pattern;
  if (prefix.length > MAX_PREFIX) yield { field: "prefix", message: `At most ${MAX_PREFIX} characters.` };
  if (!/^([A-Z0-9][A-Z0-9-]*)?$/.test(prefix)) yield { field: "prefix", message: "Use letters A–Z, digits and dashes, starting with a letter or digit." };
  if (!Number.isInteger(length) || length < minLength) {
    yield { field: "length", message: `At least ${minLength} random characters.` };
    return;
  }
  if (!Number.isInteger(groupSize) || groupSize < 0) yield { field: "groupSize", message: "Enter a whole number." };
  if (halves({ alphabet, length }).left > MAX_HALF) yield { field: "length", message: `At most ${maxLength(alphabet)} random characters.` };
  else if (codeLength(pattern) > MAX_CODE_LENGTH) yield { field: "length", message: `A whole code has at most ${MAX_CODE_LENGTH} characters.` };
}

function* countProblems(left: number, codesCount: number): Generator<{ field: PatternField; message: string }> {
  if (!Number.isInteger(codesCount) || codesCount < 1) yield { field: "stockTarget", message: "Enter a whole number from 1." };
  else if (codesCount > left) {
    yield { field: "stockTarget", message: `This pattern has only ${left.toLocaleString("en")} codes left to make; make the random part longer.` };
  }
}

function maxLength(alphabet: string): number {
  let length = MIN_LENGTH;
  while (halves({ alphabet, length: length + 1 }).left <= MAX_HALF) length++;
  return length;
}

/** Characters of a whole code: prefix, random part and dashes. */
export function codeLength({ prefix, length, groupSize }: CodePattern): number {
  return prefix.length + length + (groupSize > 0 ? Math.ceil(length / groupSize) - 1 : 0);
}
