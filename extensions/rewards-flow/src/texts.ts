/** Every text of the extension's own. Each language file has exactly these; a test compares. */
export const TEXT_KEYS = [
  "name",
  "heading",
  "loading",
  "balance",
  "price",
  "missing",
  "guest.title",
  "guest.body",
  "empty",
  "next",
  "choice.label",
  "choice.amount",
  "redeem.button",
  "redeem.label",
  "redeem.busy",
  "showAll",
  "applied.title",
  "applied.code",
  "applied.left",
  "applied.remove",
  "held.title",
  "held.until",
  "held.apply",
  "held.applyLabel",
  "held.giveBack",
  "held.giveBackLabel",
  "applying",
  "returning",
  "notApplied.title",
  "notApplied.refused",
  "notApplied.notSeen",
  "notApplied.retry",
  "cannotApply.title",
  "cannotApply.body",
  "error.offline",
  "error.server",
  "error.session",
  "error.load",
  "error.redeem",
  "error.giveUp",
  "error.retry",
  "dismiss",
  "preview.note",
  "sample.points",
  "sample.award",
  "sample.bigger",
  "sample.terms",
] as const;

export type TextKey = (typeof TEXT_KEYS)[number];

/** How both generations of the extension API translate and write numbers and dates. */
export interface Wording {
  translate(key: TextKey, values?: Record<string, string>): string;
  formatNumber(value: number): string;
  /** A decimal amount of the currency. */
  formatMoney(value: number, currency: string): string;
  formatDate(value: Date): string;
}
