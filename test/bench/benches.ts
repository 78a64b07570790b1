/** What can be measured, by name. */
import type { Bench } from "./row";

export const BENCHES: Record<string, () => Promise<{ bench: Bench }>> = {
  mint: () => import("./mint"),
  issue: () => import("./issue"),
  redeem: () => import("./redeem"),
  validate: () => import("./validate"),
  lock: () => import("./lock"),
  burn: () => import("./burn"),
  ledger: () => import("./ledger"),
  lists: () => import("./lists"),
  import: () => import("./import"),
  function: () => import("./function"),
  webhooks: () => import("./webhooks"),
  sync: () => import("./sync"),
  reconcile: () => import("./reconcile"),
};
