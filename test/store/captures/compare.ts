/** Compares an answer with the recorded one. What differs from run to run is mapped, one to one, and not left out. */
import type { Json, JsonObject } from "./read";
import { isObject } from "./read";

const GID = /^gid:\/\/shopify\/(\w+)\/([^/?]+)$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const UPLOAD_KEY = /^tmp\/\d+\/bulk\/[0-9a-f-]{36}\//;
/** Within this the recorded clock and ours say the same: Shopify writes some instants a little later than others. */
const CLOCK_TOLERANCE_MS = 3000;
/** Made anew by the storage for each upload; only that they are there can be compared. */
const SIGNED_PARAMETERS = new Set(["x-goog-date", "x-goog-credential", "x-goog-algorithm", "x-goog-signature", "policy"]);

/** Which of our values stands for which recorded one. */
export class Correspondence {
  readonly #ours = new Map<string, string>();
  readonly #recorded = new Map<string, string>();

  /** Notes that the two are the same thing; false when either already stands for something else. */
  pair(recorded: string, ours: string): boolean {
    const known = this.#ours.get(recorded);
    const back = this.#recorded.get(ours);
    if (known === undefined && back === undefined) {
      this.#ours.set(recorded, ours);
      this.#recorded.set(ours, recorded);
      return true;
    }
    return known === ours && back === recorded;
  }

  /** A recorded value with every mapped name in it replaced by ours: what is sent to the store. */
  toOurs(value: Json): Json {
    if (typeof value === "string") return this.#ours.get(value) ?? value;
    if (Array.isArray(value)) return value.map((one) => this.toOurs(one));
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.toOurs(inner)]));
    return value;
  }

  /** A copy to try something on. */
  copy(): Correspondence {
    const copy = new Correspondence();
    for (const [recorded, ours] of this.#ours) copy.pair(recorded, ours);
    return copy;
  }
}

/** The first place where the answers differ, as a sentence; null when they say the same. */
export function firstDifference(recorded: Json | undefined, ours: Json | undefined, names: Correspondence, path: string[] = []): string | null {
  if (recorded === undefined || ours === undefined) return recorded === ours ? null : differ(path, recorded, ours);
  if (typeof recorded === "string" && typeof ours === "string") return textDifference(recorded, ours, names, path);
  if (Array.isArray(recorded) && Array.isArray(ours)) return listDifference(recorded, ours, names, path);
  if (isObject(recorded) && isObject(ours)) return objectDifference(recorded, ours, names, path);
  if (path.at(-1) === "currentlyAvailable" && typeof recorded === "number" && typeof ours === "number") return Number.isInteger(ours) && ours >= 0 ? null : differ(path, recorded, ours);
  return recorded === ours ? null : differ(path, recorded, ours);
}

function textDifference(recorded: string, ours: string, names: Correspondence, path: string[]): string | null {
  if (recorded === ours) return null;
  const [gid, ourGid] = [GID.exec(recorded), GID.exec(ours)];
  if (gid && ourGid && gid[1] === ourGid[1]) {
    const same = names.pair(recorded, ours) && names.pair(`${gid[1]} ${gid[2]}`, `${ourGid[1]} ${ourGid[2]}`);
    return same ? null : differ(path, recorded, ours, "stands for something else before");
  }
  if (INSTANT.test(recorded) && INSTANT.test(ours)) {
    const sameForm = recorded.replace(/\d/g, "0") === ours.replace(/\d/g, "0");
    return sameForm && Math.abs(Date.parse(recorded) - Date.parse(ours)) <= CLOCK_TOLERANCE_MS ? null : differ(path, recorded, ours);
  }
  if (/cursor$/i.test(path.at(-1) ?? "")) return cursorDifference(recorded, ours, names, path);
  if (UPLOAD_KEY.test(recorded) && UPLOAD_KEY.test(ours) && recorded.replace(UPLOAD_KEY, "") === ours.replace(UPLOAD_KEY, "")) {
    return names.pair(recorded, ours) ? null : differ(path, recorded, ours);
  }
  if (/url$/i.test(path.at(-1) ?? "") && URL.canParse(recorded) && URL.canParse(ours)) return null;
  return differ(path, recorded, ours);
}

/** A cursor holds the id of the row it stands on; that row must be the row the recorded one stands on. */
function cursorDifference(recorded: string, ours: string, names: Correspondence, path: string[]): string | null {
  const idOf = (cursor: string) => /^\{"last_id":(\d+),"last_value":"(\d+)"\}$/.exec(Buffer.from(cursor, "base64").toString("utf8"));
  const [id, ourId] = [idOf(recorded), idOf(ours)];
  if (!id || !ourId) return differ(path, recorded, ours);
  return names.pair(`DiscountRedeemCode ${id[1]}`, `DiscountRedeemCode ${ourId[1]}`) ? null : differ(path, recorded, ours);
}

function listDifference(recorded: Json[], ours: Json[], names: Correspondence, path: string[]): string | null {
  for (let index = 0; index < Math.max(recorded.length, ours.length); index += 1) {
    const difference = firstDifference(recorded[index], ours[index], names, [...path, String(index)]);
    if (difference) return difference;
  }
  return null;
}

function objectDifference(recorded: JsonObject, ours: JsonObject, names: Correspondence, path: string[]): string | null {
  const name = recorded["name"];
  if (typeof name === "string" && SIGNED_PARAMETERS.has(name) && name === ours["name"]) {
    return typeof ours["value"] === "string" && ours["value"] !== "" ? null : differ(path, recorded, ours);
  }
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(ours)])) {
    const difference = firstDifference(recorded[key], ours[key], names, [...path, key]);
    if (difference) return difference;
  }
  return null;
}

function differ(path: string[], recorded: Json | undefined, ours: Json | undefined, why = ""): string {
  return `${path.join(".") || "the answer"}: recorded ${show(recorded)}, here ${show(ours)}${why && ` (${why})`}`;
}

function show(value: Json | undefined): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
