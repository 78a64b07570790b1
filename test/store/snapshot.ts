/** The store's state in a file: written whole and renamed into place, so that a kill leaves the old or the new, never half. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ShopState } from "./state";

const FORMAT = 2;
const DEBOUNCE_MS = 500;

interface SnapshotFile {
  format: number;
  shops: ShopState[];
}

/** Reads the shops of an earlier run; none when there is no file. Throws on a file of another format. */
export function readSnapshot(file: string): ShopState[] {
  if (!existsSync(file)) return [];
  const content = JSON.parse(readFileSync(file, "utf8"), revive) as SnapshotFile;
  if (content.format !== FORMAT) throw new Error(`${file} was written by another version of the local store; remove it to start over`);
  return content.shops;
}

/** Writes the state soon after it changed, many changes at once, and whenever `flush` is called. */
export class Snapshot {
  readonly #file: string;
  readonly #shops: () => ShopState[];
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string, shops: () => ShopState[]) {
    this.#file = file;
    this.#shops = shops;
    mkdirSync(dirname(file), { recursive: true });
  }

  changed(): void {
    this.#timer ??= setTimeout(() => this.flush(), DEBOUNCE_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const half = `${this.#file}.${process.pid}.tmp`;
    writeFileSync(half, JSON.stringify({ format: FORMAT, shops: this.#shops() }, replace));
    renameSync(half, this.#file);
  }
}

function replace(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { $map: [...value] };
  if (value instanceof Set) return { $set: [...value] };
  return value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$map" in value) return new Map(value.$map as [unknown, unknown][]);
  if ("$set" in value) return new Set(value.$set as unknown[]);
  return value;
}
