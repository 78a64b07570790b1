/** The whole ledger of every shop is walked, night by night, in steps that a crash repeats and nobody waits for. */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { log } from "../../lib/log.server";
import { verifyLedger } from "./verify.server";

const SHOPS_AT_ONCE = 500;
const CUSTOMERS_A_STEP = 500;
const STEPS_A_JOB = 20;

/** Begins a check of every installed shop that has none under way, and wakes the jobs of all that are; answers how many shops. */
export async function checkLedgers(now: Date): Promise<number> {
  let count = 0;
  for (let after = 0; ; ) {
    const shops = await prisma.shop.findMany({ where: { id: { gt: after }, uninstalledAt: null }, orderBy: { id: "asc" }, take: SHOPS_AT_ONCE, select: { id: true } });
    for (const { id } of shops) {
      await inTransaction(async (tx) => {
        await tx.ledgerCheck.createMany({ data: { shopId: id, startedAt: now }, skipDuplicates: true });
        await wakeCheck(tx, id);
      });
    }
    count += shops.length;
    const last = shops.at(-1);
    if (!last || shops.length < SHOPS_AT_ONCE) return count;
    after = last.id;
  }
}

/** Goes on with the shop's check for some steps, and wakes the next job unless it is done; false: no check was under way. */
export async function stepLedgerCheck(shopId: number, now: Date): Promise<boolean> {
  for (let step = 0; step < STEPS_A_JOB; step++) {
    const check = await prisma.ledgerCheck.findFirst({ where: { shopId, endedAt: null }, orderBy: { id: "asc" } });
    if (!check) return step > 0;
    const { customersCount, entriesCount, broken, nextAfter } = await verifyLedger(shopId, { afterCustomerId: check.afterCustomerId, limit: CUSTOMERS_A_STEP });
    const [first] = broken;
    if (first) log.error({ shopId, customerId: String(first.customerId), seq: first.seq, customers: broken.length }, "a points ledger is not as it was written");
    // By the cursor: of two that walk the same step one counts it.
    await prisma.ledgerCheck.updateMany({
      where: { shopId, id: check.id, afterCustomerId: check.afterCustomerId, endedAt: null },
      data: {
        customersCount: { increment: customersCount }, entriesCount: { increment: entriesCount }, brokenCount: { increment: broken.length },
        ...(first && check.brokenCustomerId === null && { brokenCustomerId: first.customerId, brokenSeq: first.seq }),
        ...(nextAfter === null ? { endedAt: now } : { afterCustomerId: nextAfter }),
      },
    });
  }
  await inTransaction((tx) => wakeCheck(tx, shopId));
  return true;
}

/** One job of a shop at a time, and at most one waiting. */
async function wakeCheck(tx: Tx, shopId: number): Promise<void> {
  const key = `ledger:${shopId}`;
  await tx.$queryRaw`
    SELECT 1 FROM graphile_worker.add_job('check_ledger', json_build_object('shopId', ${shopId}::int), queue_name := ${key}, job_key := ${key})`;
}

/** The shop's last checks, the newest first. */
export function listLedgerChecks(shopId: number, limit: number) {
  return prisma.ledgerCheck.findMany({ where: { shopId }, orderBy: { id: "desc" }, take: limit });
}
