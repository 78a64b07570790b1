/** How a pool of codes is looked after: what may be asked of it. Pure. */

/** As many codes as one pool may keep ready, or be given at once. */
export const MAX_STOCK = 1_000_000;
const MAX_ROTATE_DAYS = 366;

export interface PoolCare {
  /** Whether we make its codes. */
  minted: boolean;
  /** Codes kept ready; 0 for pools we do not mint. */
  stockTarget: number;
  /** Whether the target follows recent demand. */
  selfSizing: boolean;
  /** Staff are told when fewer codes than this are left. Null: nobody is. */
  lowStockAt: number | null;
  /** The one code for everybody is replaced every so many days. Null: only by hand. */
  rotateDays: number | null;
}

/** What is wrong with the care asked for, field by field. */
export function poolProblems({ minted, stockTarget, selfSizing, lowStockAt, rotateDays }: PoolCare): { field: "stockTarget" | "lowStockAt" | "rotateDays"; message: string }[] {
  const problems: ReturnType<typeof poolProblems> = [];
  if (minted && !isWhole(stockTarget, MAX_STOCK)) problems.push({ field: "stockTarget", message: `Enter a whole number from 1 to ${MAX_STOCK.toLocaleString("en")}.` });
  if (lowStockAt !== null && !isWhole(lowStockAt, MAX_STOCK)) problems.push({ field: "lowStockAt", message: "Enter a whole number from 1, or leave it off." });
  // A pool is filled again when half of it is left: from there on the news would come with every filling.
  else if (lowStockAt !== null && minted && !selfSizing && lowStockAt * 2 > stockTarget) {
    problems.push({ field: "lowStockAt", message: "Enter at most half of the codes kept in stock: a pool is filled again when half of it is left." });
  }
  if (rotateDays !== null && !isWhole(rotateDays, MAX_ROTATE_DAYS)) problems.push({ field: "rotateDays", message: `Enter a whole number of days from 1 to ${MAX_ROTATE_DAYS}, or leave it off.` });
  return problems;
}

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
