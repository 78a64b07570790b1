/** What a recording takes for granted: things the shop had before the first recorded request. */
import type { DiscountInput } from "../admin-api/discounts/input";
import { createDiscount } from "../admin-api/discounts/save";
import type { ShopState } from "../state";
import { gidTail } from "../../../app/lib/gid";
import { asObject, isObject, type Json, type JsonObject, type Scenario } from "./read";

const FIRST_INSTANT = "2026-06-30T00:00:00Z";

/** The instant at which the recording begins, as far as it tells. */
export function startOf(scenario: Scenario): Date {
  const instants = scenario.exchanges.flatMap((exchange) => instantsIn(exchange.answer));
  const captured = scenario.recording["capturedAt"];
  if (instants.length) return new Date(Math.min(...instants));
  return new Date(typeof captured === "string" ? captured : FIRST_INSTANT);
}

/** The instants a change was written at, in ms: what an answer tells of the shop's clock. */
export function instantsIn(value: Json | undefined): number[] {
  if (Array.isArray(value)) return value.flatMap(instantsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => (typeof inner === "string" && /^(created|updated|completed)At$/.test(key) ? [Date.parse(inner)] : instantsIn(inner)));
}

/** Puts into the shop what the requests name and no recorded answer made, under the recorded ids. */
export function seed(state: ShopState, scenario: Scenario): void {
  const currency = firstValue(scenario.recording, "currencyCode");
  state.currency = typeof currency === "string" ? currency : "CAD";
  state.taxesIncluded = false;
  const made = new Set(scenario.exchanges.filter((exchange) => /^\s*(#[^\n]*\n\s*)*mutation/.test(exchange.query)).flatMap((exchange) => gidsIn(exchange.answer)));
  const named = new Set(scenario.exchanges.flatMap((exchange) => gidsIn(exchange.variables)));
  for (const gid of named) if (!made.has(gid)) seedOne(state, gid, detailsOf(scenario.recording, gid));
  seedFunctions(state, scenario.recording);
  state.sellsSubscriptions = firstValue(scenario.recording, "sellsSubscriptions") === true;
  const shown = firstValue(scenario.recording, "countries");
  state.shipsTo = Array.isArray(shown) ? shown.filter((code) => typeof code === "string") : [];
  seedExpired(state, scenario);
}

/** Discounts that had ended before the recording began show only in its counts. */
function seedExpired(state: ShopState, scenario: Scenario): void {
  const counted = scenario.exchanges.filter((exchange) => /discountNodesCount\(query: "status:expired"\)/.test(exchange.query));
  const [first] = counted.map((exchange) => asObject(asObject(exchange.answer["data"])["expired"])["count"]);
  const subject = { argument: "basicCodeDiscount", kind: "basic", method: "code" } as const;
  for (let index = 0; index < Math.min(Number(first ?? 0), 100); index += 1) {
    const input: DiscountInput = {
      title: `Ended earlier ${index}`,
      code: `ENDED-EARLIER-${index}`,
      startsAt: "2020-01-01T00:00:00Z",
      endsAt: "2020-02-01T00:00:00Z",
      context: { all: "ALL" },
      customerGets: { items: { all: true }, value: { percentage: 0.1 } },
    };
    createDiscount(state, new Date("2020-01-01T00:00:00Z"), input, subject);
  }
}

function seedOne(state: ShopState, gid: string, details: JsonObject): void {
  const text = (key: string) => (typeof details[key] === "string" ? details[key] : "");
  const at = state.createdAt;
  if (isKind(gid, "Product")) {
    state.products.set(gid, {
      gid,
      title: text("title"),
      handle: text("handle"),
      description: "",
      vendor: text("vendor"),
      productType: text("productType"),
      status: "ACTIVE",
      tags: [],
      imageUrl: null,
      variants: [{ gid: `gid://shopify/ProductVariant/${gidTail(gid)}0`, title: "Default Title", sku: null, priceMinor: 1000, giftCard: false }],
      createdAt: at,
      updatedAt: at,
    });
  } else if (isKind(gid, "Customer")) {
    const [firstName, lastName, email] = [text("firstName"), text("lastName"), text("email") || null];
    state.customers.set(gid, { gid, firstName, lastName, email, phone: null, tags: [], locale: "en", createdAt: at, updatedAt: at });
  } else if (isKind(gid, "Collection")) {
    state.collections.set(gid, { gid, title: text("title"), handle: text("handle"), productGids: [] });
  } else if (isKind(gid, "Segment")) {
    state.segments.set(gid, { gid, name: text("name"), query: text("query"), createdAt: at });
  }
}

function seedFunctions(state: ShopState, recording: JsonObject): void {
  const catalogue = asObject(asObject(asObject(asObject(recording["functionCatalog"])["response"])["payload"])["data"])["shopifyFunctions"];
  const nodes = asObject(catalogue)["nodes"];
  for (const node of Array.isArray(nodes) ? nodes : []) {
    const read = (key: string) => String(asObject(node)[key] ?? "");
    const app = asObject(asObject(node)["app"]);
    state.functions.push({
      id: read("id"),
      handle: read("title"),
      title: read("title"),
      apiType: read("apiType"),
      description: read("description"),
      appKey: read("appKey"),
      app: { id: String(app["id"] ?? ""), title: String(app["title"] ?? ""), handle: String(app["handle"] ?? "") },
    });
  }
}

function isKind<T extends string>(gid: string, kind: T): gid is `gid://shopify/${T}/${string}` {
  return gid.startsWith(`gid://shopify/${kind}/`);
}

function gidsIn(value: Json | undefined): string[] {
  if (typeof value === "string") return value.startsWith("gid://shopify/") ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(gidsIn);
  return isObject(value) ? Object.values(value).flatMap(gidsIn) : [];
}

/** Everything any recorded answer says of the thing with this id. */
function detailsOf(value: Json | undefined, gid: string): JsonObject {
  if (Array.isArray(value)) return Object.assign({}, ...value.map((one) => detailsOf(one, gid))) as JsonObject;
  if (!isObject(value)) return {};
  const inner = Object.assign({}, ...Object.values(value).map((one) => detailsOf(one, gid))) as JsonObject;
  return value["id"] === gid ? { ...inner, ...value } : inner;
}

/** The first recorded value under this key in an answer; requests, where the same word names an input, are passed over. */
function firstValue(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return value.map((one) => firstValue(one, key)).find((one) => one !== undefined);
  if (!isObject(value)) return undefined;
  if (value[key] !== undefined) return value[key];
  return Object.entries(value).flatMap(([name, inner]) => (name === "variables" ? [] : [firstValue(inner, key)])).find((one) => one !== undefined);
}
