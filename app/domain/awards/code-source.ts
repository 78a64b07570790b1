/** Where the codes of a new award come from, as a merchant chooses it. Pure. */
import type { CodeFile } from "../codes/file.server";
import type { AlphabetName } from "../codes/pattern";

export type NewCodeSource =
  /** Minted by us and kept in stock: `stockTarget` codes ready at any time. */
  | { source: "generated"; prefix?: string; length?: number; alphabet?: AlphabetName; groupSize?: number; stockTarget: number }
  /** One code for everybody; blank: we make one. */
  | { source: "single"; code?: string }
  | { source: "pasted"; text: string }
  /** A file as `readCodeFile` read it. */
  | { source: "uploaded"; file: Extract<CodeFile, { outcome: "read" }> };

export const MAX_STOCK = 1_000_000;
