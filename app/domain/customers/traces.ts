/** Under which names a person may stand in what we hold: to find all of it, and nothing of others. Pure. */
import { gidTail, type Gid } from "../../lib/gid";
import { parseEmail, parsePhone } from "./identifier";

/** A person as a compliance request names them, and as we know them: several rows if Shopify merged them. */
export interface Person {
  gids: Gid<"Customer">[];
  emails: string[];
  phones: string[];
  externalIds: string[];
}

/** A shorter number, or an integrator's id, may be anything in a text: it counts only where a customer is named. */
const TELLING_DIGITS = 6;

/** Every spelling by which a row of a file may name the person, in lower case. */
export function namesOf({ gids, emails, phones, externalIds }: Person): string[] {
  const all = [...gids, ...gids.map(gidTail), ...emails, ...phones, ...externalIds];
  return [...new Set(all.map((name) => name.toLowerCase()))];
}

/** A pattern (PostgreSQL's `~*`) that finds the person in any text, but nobody whose name only begins like theirs. */
export function patternOf({ gids, emails, phones }: Person): string {
  const numbers = gids.map(gidTail).filter((number) => number.length >= TELLING_DIGITS);
  const words = [...new Set([...gids, ...numbers, ...emails, ...phones])].map((word) => word.replace(/[^A-Za-z0-9]/g, "\\$&"));
  return `(^|[^[:alnum:]])(${words.join("|")})($|[^[:alnum:]])`;
}

/** The address and the number as they are stored, and as they were told. */
export function spellings({ email, phone }: { email?: string | null; phone?: string | null }): { emails: string[]; phones: string[] } {
  const told = (given: string | null | undefined, stored: string | null) => [given?.trim(), stored].filter((each): each is string => Boolean(each));
  return { emails: told(email, parseEmail(email ?? "")), phones: told(phone, parsePhone(phone ?? "")) };
}
