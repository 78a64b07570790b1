/** Where the codes of an award come from, as a merchant chooses it, and what is made of that before anything is stored. Pure. */
import type { CodeFile } from "../codes/file.server";
import { codeFault, CODE_FAULTS, parseCodeList, storedCode, type CodeList } from "../codes/list";
import { capacity, codePattern, sampleCapacity, type AlphabetName, type CodePattern } from "../codes/pattern";
import { MAX_STOCK, poolProblems } from "../codes/pool";
import { readTypedCodes, type TypedCode, type TypedList } from "../codes/typed";
import type { Problem } from "./award";

/** A file as `readCodeFile` read it. */
type ReadFile = Extract<CodeFile, { outcome: "read" }>;

/** Kept in stock: `stockTarget` codes ready at any time; `selfSizing`: as many as recent demand asks for. */
interface Stocked {
  stockTarget: number;
  selfSizing?: boolean;
}

/** Staff are told when fewer codes than this are left; null or left out: nobody is. */
interface Watched {
  lowStockAt?: number | null;
}

export type NewCodeSource =
  /** Minted by us. */
  | ({ source: "generated"; prefix?: string; length?: number; alphabet?: AlphabetName; groupSize?: number } & Stocked & Watched)
  /** Minted by us after a sample code of 5 to 10 characters, whose first half stays. */
  | ({ source: "pattern"; sample: string } & Stocked & Watched)
  /** One code for everybody; blank: we make one. Replaced every `rotateDays` days. */
  | { source: "single"; code?: string; rotateDays?: number | null }
  | ({ source: "pasted"; text: string } & Watched)
  /** Codes that the file names a customer for are given to nobody else. */
  | ({ source: "uploaded"; file: ReadFile } & Watched)
  /** Codes of another system: handed out and recorded, never put on Shopify. */
  | ({ source: "third_party" } & ({ text: string } | { file: ReadFile }))
  /** One by one, each with restrictions of its own; blank codes are made by us. */
  | { source: "typed"; codes: TypedCode[] };

/** Codes that somebody else made, as they can be added to an award at any time. */
export type ListedSource = Extract<NewCodeSource, { source: "pasted" | "uploaded" | "typed" }>;

type Listed = { kind: "listed"; list: CodeList; lowStockAt: number | null } | { kind: "typed"; list: TypedList };
type Minted = { kind: "minted"; pattern: CodePattern; stockTarget: number; selfSizing: boolean; lowStockAt: number | null };
/** null: the code is to be made. */
type Single = { kind: "single"; code: string | null; rotateDays: number | null };
type Refused = { kind: "refused"; problems: Problem[] };

/** What is made of a source before anything is stored. */
export type PreparedCodes = Minted | Listed | Single;

/** The codes a source stands for, or everything wrong with it. `endsAt`: the award's. */
export function prepareCodes(source: NewCodeSource, endsAt: Date | null, now: Date): PreparedCodes | Refused {
  switch (source.source) {
    case "generated": {
      const pattern = codePattern(source);
      return minted(pattern, capacity(pattern, source.stockTarget), source);
    }
    case "pattern": {
      const fit = sampleCapacity(source.sample, source.stockTarget);
      if (!fit) return refused("sample", "A sample has 5 to 10 letters A–Z and digits, like TEST12345.");
      return minted(fit.pattern, fit, source);
    }
    case "single":
      return single(source.code ?? "", source.rotateDays ?? null);
    case "third_party":
      return "text" in source ? pasted(source.text, null) : listed(source.file, null);
    case "pasted":
    case "uploaded":
    case "typed":
      return prepareListed(source, endsAt, now);
    default:
      return source satisfies never;
  }
}

/** The same for codes that somebody else made. */
export function prepareListed(source: ListedSource, endsAt: Date | null, now: Date): Listed | Refused {
  switch (source.source) {
    case "pasted":
      return pasted(source.text, source.lowStockAt ?? null);
    case "uploaded":
      return listed(source.file, source.lowStockAt ?? null);
    case "typed": {
      const list = readTypedCodes(source.codes, endsAt, now);
      return list.outcome === "refused" ? refused("codes", list.message) : { kind: "typed", list };
    }
    default:
      return source satisfies never;
  }
}

function refused(field: string, message: string): Refused {
  return { kind: "refused", problems: [{ field, message }] };
}

function minted(pattern: CodePattern, fit: ReturnType<typeof capacity>, { stockTarget, selfSizing = false, lowStockAt = null }: Stocked & Watched): Minted | Refused {
  if (stockTarget > MAX_STOCK) return refused("stockTarget", `At most ${MAX_STOCK.toLocaleString("en")} codes in stock.`);
  const problems = [...(fit.outcome === "refused" ? fit.problems : []), ...poolProblems({ minted: true, stockTarget, selfSizing, lowStockAt, rotateDays: null })];
  return problems.length ? { kind: "refused", problems } : { kind: "minted", pattern, stockTarget, selfSizing, lowStockAt };
}

function single(written: string, rotateDays: number | null): Single | Refused {
  const problems = poolProblems({ minted: false, stockTarget: 0, selfSizing: false, lowStockAt: null, rotateDays });
  if (problems.length) return { kind: "refused", problems };
  const code = storedCode(written);
  if (!code) return { kind: "single", code: null, rotateDays };
  const fault = codeFault(code);
  return fault ? refused("code", CODE_FAULTS[fault]) : { kind: "single", code, rotateDays };
}

function pasted(text: string, lowStockAt: number | null): Listed | Refused {
  const list = parseCodeList(text);
  return list.outcome === "refused" ? refused("codes", list.message) : listed(list, lowStockAt);
}

function listed(list: CodeList, lowStockAt: number | null): Listed | Refused {
  const problems = poolProblems({ minted: false, stockTarget: 0, selfSizing: false, lowStockAt, rotateDays: null });
  if (problems.length) return { kind: "refused", problems };
  if (list.listed.length) return { kind: "listed", list, lowStockAt };
  const first = list.failed[0];
  return refused("codes", first ? `None of the ${list.failed.length} codes can be used. Line ${first.line}: ${CODE_FAULTS[first.reason]}` : "Add at least one code.");
}
