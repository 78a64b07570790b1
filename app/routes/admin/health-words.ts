/** What is wrong, in a merchant's words, worst first: the same on the home page and above the activity. Pure. */
import type { Health } from "../../domain/reports/health.server";
import { plural } from "../../ui/count";

export interface Trouble {
  text: string;
  /** The tab of the activity page that shows it. */
  view: "checks" | "failed" | "failed-events" | "differences";
}

/** What needs somebody; empty: nothing does. */
export function troublesIn({ brokenLedgers, failedChanges, failedEvents, differences }: Health): Trouble[] {
  const all = [
    { count: brokenLedgers, text: `${plural(brokenLedgers, "points ledger")} not as written`, view: "checks" },
    { count: failedChanges, text: `${plural(failedChanges, "change")} not taken by Shopify`, view: "failed" },
    { count: failedEvents, text: `${plural(failedEvents, "webhook")} of Shopify failed`, view: "failed-events" },
    { count: differences, text: `${plural(differences, "difference")} between Shopify and Scrip`, view: "differences" },
  ] as const;
  return all.filter(({ count }) => count > 0);
}

/** What is on its way and needs nobody; null: nothing is. */
export function underWayIn({ pendingChanges, waitingEvents }: Health): string | null {
  const parts = [pendingChanges > 0 && `${plural(pendingChanges, "change")} on the way to Shopify`, waitingEvents > 0 && `${plural(waitingEvents, "webhook")} waiting`];
  const said = parts.filter((part) => part !== false);
  return said.length > 0 ? `${said.join(", ")}.` : null;
}
