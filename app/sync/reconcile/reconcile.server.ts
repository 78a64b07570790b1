/** The job `reconcile`: makes sure that a shop's orders and codes are the same here and at Shopify, a bounded piece at a time. */
import { demandKey } from "../../domain/drift/demand.server";
import { prisma } from "../../lib/db.server";
import { pacedPort } from "../paced";
import type { Sync } from "../work";
import { reconcileCodes } from "./codes.server";
import { reconcileOrders } from "./orders.server";
import type { PassStep } from "./pass.server";

const CODES_EVERY_MS = 24 * 3_600_000;
/** A look at codes that failed is tried again sooner. */
const FAILED_AGAIN_MS = 3_600_000;
const SHOPS_AT_ONCE = 2_000;
const ATTEMPTS = 3;

export interface ReconcileJob {
  shopId: number;
  /** Staff ask: everything is looked at now, not when it is due. */
  demanded: boolean;
}

/** Looks at the shop's orders, then, when they are due, at its codes. What remains is another job. */
export async function reconcileShop(sync: Sync, job: ReconcileJob, stop?: AbortSignal): Promise<void> {
  const { shopId, demanded } = job;
  const shop = await prisma.shop.findUnique({ where: { id: shopId }, select: { domain: true, uninstalledAt: true } });
  if (!shop || shop.uninstalledAt) return;
  const admin = pacedPort(sync.openAdmin(shop.domain), sync.paceOf(shopId), (ms) => sync.sleep(ms));
  const look = { shopId, shopDomain: shop.domain, admin, now: () => sync.clock(), demanded };
  // Orders first: a use that was missed must be recorded before it is missed among the codes.
  const orders = await reconcileOrders(look, stop);
  if (orders.outcome === "again") return comeBack(job, orders, sync.clock());
  if (!demanded && !(await codesAreDue(shopId, sync.clock()))) return;
  const codes = await reconcileCodes(look, stop);
  if (codes.outcome === "again") return comeBack(job, codes, sync.clock());
}

async function codesAreDue(shopId: number, now: Date): Promise<boolean> {
  const last = await prisma.reconciliation.findFirst({ where: { shopId, kind: "codes" }, orderBy: { startedAt: "desc" }, select: { status: true, startedAt: true } });
  if (!last || last.status === "running") return true;
  return now.getTime() - last.startedAt.getTime() >= (last.status === "failed" ? FAILED_AGAIN_MS : CODES_EVERY_MS);
}

async function comeBack({ shopId, demanded }: ReconcileJob, { afterMs }: Extract<PassStep, { outcome: "again" }>, now: Date): Promise<void> {
  await addJob({ shopId, demanded }, new Date(now.getTime() + afterMs));
}

async function addJob({ shopId, demanded }: ReconcileJob, runAt: Date | null): Promise<void> {
  await prisma.$queryRaw`
    SELECT 1 FROM graphile_worker.add_job('reconcile', json_build_object('shopId', ${shopId}::int, 'demanded', ${demanded}::boolean),
      queue_name := ${`reconcile:${shopId}`}, job_key := ${demanded ? demandKey(shopId) : `reconcile:${shopId}`}, max_attempts := ${ATTEMPTS}::int, run_at := ${runAt}::timestamptz)`;
}

/** Has up to 2,000 installed shops looked at, those first that were longest not; answers how many. */
export async function wakeReconciliations(): Promise<number> {
  const shops = await prisma.$queryRaw<{ id: number }[]>`
    SELECT s."id" FROM "Shop" s
    LEFT JOIN LATERAL (SELECT r."startedAt" FROM "Reconciliation" r WHERE r."shopId" = s."id" AND r."kind" = 'orders' ORDER BY r."startedAt" DESC LIMIT 1) last ON true
    WHERE s."uninstalledAt" IS NULL ORDER BY last."startedAt" NULLS FIRST LIMIT ${SHOPS_AT_ONCE}`;
  for (const { id } of shops) await addJob({ shopId: id, demanded: false }, null);
  return shops.length;
}
