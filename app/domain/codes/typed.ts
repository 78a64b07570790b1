/** Codes that staff type one by one, each with restrictions of its own: what becomes of every entry. Pure. */
import { codeFault, storedCode, type FailedCode } from "./list";

/** As many codes as one form may hold. */
export const MAX_TYPED = 250;
const MAX_USES = 1_000_000_000;
const MAX_MINIMUM = 2_000_000_000;

/** One code as it was typed. What is left out, or null, is as the award says. */
export interface TypedCode {
  /** Blank: we make one. */
  code?: string;
  /** Only for a customer's first order. */
  firstOrderOnly?: boolean;
  /** Only for this customer: Shopify's id or gid, an integrator's id, an e-mail address or a phone number. */
  customer?: string | null;
  /** How often it can be used. */
  usesPerCode?: number | null;
  expiresAt?: Date | null;
  /** Minor units of the award's currency. */
  minOrderMinor?: number | null;
}

/** What one code asks for beyond its award. */
export interface Restrictions {
  firstOrderOnly: boolean;
  usesPerCode: number | null;
  expiresAt: Date | null;
  minOrderMinor: number | null;
}

export interface TypedEntry extends Restrictions {
  /** 1-based place in the form. */
  line: number;
  /** Upper case; null: to be made. */
  code: string | null;
  /** As it was typed; "": anybody. */
  customer: string;
}

/** Every entry has exactly one fate: listed or failed. */
export interface TypedList {
  listed: TypedEntry[];
  failed: FailedCode[];
}

/** Reads typed codes. `endsAt`: the award's end, which no code outlives. */
export function readTypedCodes(codes: TypedCode[], endsAt: Date | null, now: Date): ({ outcome: "read" } & TypedList) | { outcome: "refused"; message: string } {
  if (codes.length === 0) return { outcome: "refused", message: "Add at least one code." };
  if (codes.length > MAX_TYPED) return { outcome: "refused", message: `At most ${MAX_TYPED} codes at once. Upload a CSV file for more.` };
  const seen = new Set<string>();
  const list: TypedList = { listed: [], failed: [] };
  codes.forEach((typed, index) => {
    const written = (typed.code ?? "").trim();
    const entry = entryOf(typed, index + 1);
    const reason = (entry.code === null ? null : codeFault(entry.code)) ?? restrictionFault(entry, endsAt, now) ?? (entry.code !== null && seen.has(entry.code) ? "duplicate_in_list" : null);
    if (reason) list.failed.push({ line: entry.line, code: written.slice(0, 60), reason });
    else {
      if (entry.code !== null) seen.add(entry.code);
      list.listed.push(entry);
    }
  });
  return { outcome: "read", ...list };
}

function entryOf(typed: TypedCode, line: number): TypedEntry {
  return {
    line,
    code: storedCode(typed.code ?? "") || null,
    customer: (typed.customer ?? "").trim(),
    firstOrderOnly: typed.firstOrderOnly ?? false,
    usesPerCode: typed.usesPerCode ?? null,
    expiresAt: typed.expiresAt ?? null,
    minOrderMinor: typed.minOrderMinor ?? null,
  };
}

function restrictionFault({ usesPerCode, expiresAt, minOrderMinor }: Restrictions, endsAt: Date | null, now: Date): FailedCode["reason"] | null {
  if (usesPerCode !== null && !isWhole(usesPerCode, MAX_USES)) return "bad_limit";
  if (minOrderMinor !== null && !isWhole(minOrderMinor, MAX_MINIMUM)) return "bad_minimum";
  if (expiresAt !== null && expiresAt <= now) return "already_over";
  return expiresAt !== null && endsAt !== null && expiresAt > endsAt ? "after_award" : null;
}

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
