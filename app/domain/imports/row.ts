/** One row of an import's file: what its columns are called, and what its cells say by themselves. Pure. */
import { MAX_POINTS } from "../awards/award";
import { codeFault, storedCode } from "../codes/list";
import { parseCustomerId, parseEmail, parseExternalId, parseIdentifier, parsePhone, type CustomerIdentifier } from "../customers/identifier";
import type { RowFate } from "./fates";
import { READS, type ImportKind } from "./import";

/** Names a column may have, in lower case and without anything but letters. */
const NAMES = {
  code: ["code", "couponcode"],
  customerId: ["customerid", "shopifycustomerid"],
  externalId: ["externalid"],
  email: ["email", "emailaddress"],
  phone: ["phone", "phonenumber", "mobile"],
  /** Named in any of these ways. */
  customer: ["customer"],
  points: ["points"],
  note: ["reason", "note"],
} as const;
type Column = keyof typeof NAMES;
const CUSTOMER_COLUMNS = ["customerId", "externalId", "email", "phone", "customer"] as const;
type CustomerColumn = (typeof CUSTOMER_COLUMNS)[number];

/** The columns that an issues file adds, so that it can be uploaded as it is. */
export const ISSUE_COLUMNS = ["issue code", "issue text"];

export interface Layout {
  /** Where each column stands; absent: the file has none. */
  places: Partial<Record<Column, number>>;
  /** The cells that are the merchant's own: all but those an issues file added. */
  own: number[];
}

const plainName = (name: string) => name.toLowerCase().replace(/[^a-z]/g, "");

/** The layout that a file's first line says; a text where it lacks what the kind needs. */
export function readHeader(kind: ImportKind, header: string[]): Layout | string {
  const names = header.map(plainName);
  const places: Layout["places"] = {};
  for (const column of Object.keys(NAMES) as Column[]) {
    const place = names.findIndex((name) => (NAMES[column] as readonly string[]).includes(name));
    if (place >= 0) places[column] = place;
  }
  const added = ISSUE_COLUMNS.map(plainName);
  const own = names.flatMap((name, index) => (added.includes(name) ? [] : [index]));
  const reads = READS[kind];
  const missing = [
    ...(reads.code && places.code === undefined ? ["“code”"] : []),
    ...(reads.customer && CUSTOMER_COLUMNS.every((column) => places[column] === undefined) ? ["one of “customer id”, “external id”, “email”, “phone” or “customer”"] : []),
    ...(reads.points && places.points === undefined ? ["“points”"] : []),
  ];
  if (missing.length === 0) return { places, own };
  const found = header.slice(0, 10).map((name) => `“${[...name].slice(0, 40).join("")}”`).join(", ");
  return `The first line must name a column ${missing.join(" and ")}; it has ${found}.`;
}

export interface StagedRow {
  code: string | null;
  namedBy: CustomerIdentifier["by"] | null;
  name: string | null;
  points: number | null;
  note: string | null;
  fate: RowFate | null;
}

/** What a row says; its first fault is its fate. */
export function readRow(kind: ImportKind, { places }: Layout, cells: string[]): StagedRow {
  const reads = READS[kind];
  const cell = (column: Column) => plainCell(cells[places[column] ?? -1] ?? "");
  const code = reads.code ? readCode(cell("code")) : NOTHING;
  const customer = reads.customer ? readCustomer(places, cell) : NOBODY;
  const points = reads.points ? readPoints(cell("points")) : NOTHING;
  const note = reads.points ? readNote(cell("note")) : NOTHING;
  return { code: code.value, namedBy: customer.namedBy, name: customer.name, points: points.value, note: note.value, fate: code.fate ?? customer.fate ?? points.fate ?? note.fate };
}

const NOTHING = { value: null, fate: null };
const NOBODY = { namedBy: null, name: null, fate: null };

/** An issues file keeps what would run as a formula behind an apostrophe. */
function plainCell(text: string): string {
  return text.replace(/^'(?=[=+\-@\t\r])/, "").trim();
}

const CODE_FATES = { empty: "no_code", malformed: "malformed_code", too_long: "code_too_long" } as const;

function readCode(text: string): { value: string | null; fate: RowFate | null } {
  const value = storedCode(text);
  const fault = codeFault(value);
  return fault ? { value: null, fate: CODE_FATES[fault] } : { value, fate: null };
}

interface NamedCustomer {
  namedBy: CustomerIdentifier["by"] | null;
  name: string | null;
  fate: RowFate | null;
}

/** The first column that says something counts. */
function readCustomer(places: Layout["places"], cell: (column: Column) => string): NamedCustomer {
  for (const column of CUSTOMER_COLUMNS) {
    const text = places[column] === undefined ? "" : cell(column);
    if (text === "") continue;
    const identifier = identify(column, text);
    return identifier ? { ...nameOf(identifier), fate: null } : { ...NOBODY, fate: BAD[column] };
  }
  return { ...NOBODY, fate: "no_customer" };
}

const BAD = { customerId: "bad_customer_id", externalId: "bad_external_id", email: "bad_email", phone: "bad_phone", customer: "bad_customer_id" } as const satisfies Record<CustomerColumn, RowFate>;

function identify(column: CustomerColumn, text: string): CustomerIdentifier | null {
  switch (column) {
    case "customerId":
      return parseCustomerId(text);
    case "externalId": {
      const externalId = parseExternalId(text);
      return externalId === null ? null : { by: "externalId", externalId };
    }
    case "email": {
      const email = parseEmail(text);
      return email === null ? null : { by: "email", email };
    }
    case "phone": {
      const phone = parsePhone(text);
      return phone === null ? null : { by: "phone", phone };
    }
    case "customer":
      return parseIdentifier(text);
    default:
      return column satisfies never;
  }
}

function nameOf(identifier: CustomerIdentifier): { namedBy: CustomerIdentifier["by"]; name: string } {
  const { by } = identifier;
  switch (by) {
    case "id":
      return { namedBy: by, name: String(identifier.id) };
    case "gid":
      return { namedBy: by, name: identifier.gid };
    case "externalId":
      return { namedBy: by, name: identifier.externalId };
    case "email":
      return { namedBy: by, name: identifier.email };
    case "phone":
      return { namedBy: by, name: identifier.phone };
    case "number":
      return { namedBy: by, name: identifier.number };
    default:
      return by satisfies never;
  }
}

function readPoints(text: string): { value: number | null; fate: RowFate | null } {
  const value = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : 0;
  return value !== 0 && Math.abs(value) <= MAX_POINTS ? { value, fate: null } : { value: null, fate: "bad_points" };
}

function readNote(text: string): { value: string | null; fate: RowFate | null } {
  if (text.length > 200) return { value: null, fate: "note_too_long" };
  return { value: text === "" ? null : text, fate: null };
}
