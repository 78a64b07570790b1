/** What a recording takes for granted: things the shop had before the first recorded request. */
import type { ShopState } from "../state";
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
  state.currency = firstText(scenario.recording, "currencyCode") ?? "CAD";
  state.taxesIncluded = false;
  const made = new Set(scenario.exchanges.filter((exchange) => /^\s*(#[^\n]*\n\s*)*mutation/.test(exchange.query)).flatMap((exchange) => gidsIn(exchange.answer)));
  const named = new Set(scenario.exchanges.flatMap((exchange) => gidsIn(exchange.variables)));
  for (const gid of named) if (!made.has(gid)) seedOne(state, gid, detailsOf(scenario.recording, gid));
  seedFunctions(state, scenario.recording);
}

function seedOne(state: ShopState, gid: string, details: JsonObject): void {
  const text = (key: string) => (typeof details[key] === "string" ? details[key] : "");
  const at = state.createdAt;
  if (isKind(gid, "Product")) {
    const variant = { gid: `gid://shopify/ProductVariant/${gid.slice(gid.lastIndexOf("/") + 1)}0` as const, title: "Default Title", sku: null, priceMinor: 1000, giftCard: false };
    state.products.set(gid, { gid, title: text("title"), handle: text("handle"), description: "", vendor: text("vendor"), productType: text("productType"), status: "ACTIVE", tags: [], imageUrl: null, variants: [variant], createdAt: at, updatedAt: at });
  } else if (isKind(gid, "Customer")) {
    state.customers.set(gid, { gid, firstName: text("firstName"), lastName: text("lastName"), email: text("email") || null, phone: null, tags: [], locale: "en", createdAt: at, updatedAt: at });
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
    state.functions.push({ id: read("id"), handle: read("title"), title: read("title"), apiType: read("apiType"), description: read("description"), appKey: read("appKey"), app: { id: String(app["id"] ?? ""), title: String(app["title"] ?? ""), handle: String(app["handle"] ?? "") } });
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

function firstText(value: Json | undefined, key: string): string | null {
  if (Array.isArray(value)) return value.map((one) => firstText(one, key)).find((one) => one !== null) ?? null;
  if (!isObject(value)) return null;
  const own = value[key];
  return typeof own === "string" ? own : (Object.values(value).map((one) => firstText(one, key)).find((one) => one !== null) ?? null);
}
