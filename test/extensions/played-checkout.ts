/** A checkout as the flow sees it: takes codes, or does not, and shows them at once, late or never. */
import type { CheckoutPort } from "../../extensions/rewards-flow/src/flow";
import type { KeyValue } from "../../extensions/rewards-flow/src/pending";

export interface PlayedCheckout extends CheckoutPort {
  codes: string[];
  /** Codes the checkout has been asked to take or to remove, in order. */
  changes: string[];
  takes: boolean;
  shows: "at_once" | "late" | "never";
  mayApply: boolean;
  subtotalMinor: number | null;
}

export function playCheckout(): PlayedCheckout {
  const checkout: PlayedCheckout = {
    codes: [],
    changes: [],
    takes: true,
    shows: "at_once",
    mayApply: true,
    subtotalMinor: 5_000,
    applyCode: async (code) => {
      checkout.changes.push(`+${code}`);
      if (!checkout.takes) return false;
      const show = () => void checkout.codes.push(code.toLowerCase());
      if (checkout.shows === "at_once") show();
      if (checkout.shows === "late") setTimeout(show, 5);
      return true;
    },
    removeCode: async (code) => {
      checkout.changes.push(`-${code}`);
      checkout.codes = checkout.codes.filter((applied) => applied.toUpperCase() !== code.toUpperCase());
      return true;
    },
    appliedCodes: () => [...checkout.codes],
    canApplyCodes: () => checkout.mayApply,
    subtotal: () => (checkout.subtotalMinor === null ? null : { minor: checkout.subtotalMinor, currency: "EUR" }),
    locale: () => "en",
  };
  return checkout;
}

/** Storage that outlives the page, as long as the test keeps it. */
export function keepStorage(): KeyValue & { kept: Map<string, unknown> } {
  const kept = new Map<string, unknown>();
  return {
    kept,
    read: async (key) => kept.get(key) ?? null,
    write: async (key, value) => void kept.set(key, value),
    delete: async (key) => kept.delete(key),
  };
}
