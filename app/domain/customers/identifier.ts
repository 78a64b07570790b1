/** How the outside world names a customer. Pure. */
import { gid, isGid, type Gid } from "../../lib/gid";
import { parseId } from "../../lib/ids";

export type CustomerIdentifier =
  | { by: "id"; id: bigint }
  | { by: "gid"; gid: Gid<"Customer"> }
  | { by: "externalId"; externalId: string }
  | { by: "email"; email: string }
  | { by: "phone"; phone: string }
  /** Digits alone: Shopify's number, or else what an integrator calls the customer. */
  | { by: "number"; number: string };

/** Shopify's number or gid of a customer, or ours ("cus_7"); null: not of this form. */
export function parseCustomerId(text: string): Extract<CustomerIdentifier, { by: "id" | "gid" }> | null {
  const id = parseId("customer", text);
  if (id !== null) return { by: "id", id };
  const number = /^(?:gid:\/\/shopify\/Customer\/)?(\d{1,20})$/.exec(text)?.[1];
  return number === undefined ? null : { by: "gid", gid: gid("Customer", number) };
}

/** An e-mail address as it is stored, in lower case; null: not one. */
export function parseEmail(text: string): string | null {
  const email = text.trim().toLowerCase();
  return email.length <= 254 && /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/.test(email) ? email : null;
}

/** A telephone number as it is stored: +, country code, number. Null: not one, or without its country. */
export function parsePhone(text: string): string | null {
  const phone = text.replace(/[\s().\-/]/g, "").replace(/^00/, "+");
  return /^\+[1-9]\d{6,14}$/.test(phone) ? phone : null;
}

/** What an integrator may call a customer; null: empty or too long. */
export function parseExternalId(text: string): string | null {
  const externalId = text.trim();
  return externalId !== "" && externalId.length <= 100 ? externalId : null;
}

/** Reads an identifier by its form: a gid, "cus_7", digits, an address with @, a number with +; anything else is an external id. */
export function parseIdentifier(text: string): CustomerIdentifier | null {
  const trimmed = text.trim();
  if (/^\d{1,20}$/.test(trimmed)) return { by: "number", number: trimmed };
  const named = parseCustomerId(trimmed);
  if (named) return named;
  if (isGid("Customer", trimmed)) return null;
  const email = parseEmail(trimmed);
  if (email) return { by: "email", email };
  const phone = trimmed.startsWith("+") ? parsePhone(trimmed) : null;
  if (phone) return { by: "phone", phone };
  const externalId = parseExternalId(trimmed);
  return externalId === null ? null : { by: "externalId", externalId };
}
