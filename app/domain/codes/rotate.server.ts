/**
 * The one code for everybody is replaced. The new code goes to Shopify first; the old one is handed out until the new one is
 * live there, so that at no instant is there none. Who holds the old one can use it as long as they were promised.
 */
import { inTransaction, type Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import { codeFault, CODE_FAULTS, storedCode } from "./list";
import { mintOne } from "./mint.server";
import { storeCodes } from "./store.server";

export interface Rotation {
  /** Blank or left out: we make one. */
  code?: string;
  /** The code that the caller saw as the newest: another one since then, and nothing is done. */
  replaces?: string;
}

export type RotateCode =
  /** `replaced`: the code that is handed out until the new one can be; null: there was none. */
  | { outcome: "rotated"; code: string; replaced: string | null }
  /** The wanted code is the newest one already. */
  | { outcome: "already"; code: string }
  /** The last replacement is not on Shopify yet. */
  | { outcome: "waiting"; code: string }
  /** Somebody else replaced it: this is the newest one. */
  | { outcome: "stale"; code: string }
  | { outcome: "refused"; message: string }
  /** There is no such award, or it has not one code for everybody. */
  | { outcome: "not_found" };

/** Replaces the code of an award that has one for everybody. */
export async function rotateCode(shopId: number, awardNumber: number, { code: written = "", replaces }: Rotation, now: Date): Promise<RotateCode> {
  const code = storedCode(written);
  const fault = code === "" ? null : codeFault(code);
  if (fault) return { outcome: "refused", message: CODE_FAULTS[fault] };
  return inTransaction(async (tx) => {
    const pool = await lockPool(tx, shopId, awardNumber);
    if (!pool) return { outcome: "not_found" };
    const newest = await tx.coupon.findFirst({ where: { shopId, awardNumber, shared: true }, orderBy: { id: "desc" } });
    if (newest && newest.code === code) return { outcome: "already", code };
    if (newest && replaces !== undefined && newest.code !== storedCode(replaces)) return { outcome: "stale", code: newest.code };
    if (newest && (newest.codeState === "planned" || newest.codeState === "submitted")) return { outcome: "waiting", code: newest.code };

    const added = await addCode(tx, shopId, pool, code, now);
    if (added === null) return { outcome: "refused", message: await whyNotAdded(tx, shopId, awardNumber, code) };
    await tx.codePool.updateMany({ where: { shopId, id: pool.id }, data: { rotatedAt: now } });
    if (pool.isLocal) await stopHandingOut(tx, shopId, awardNumber, now);
    else await recordChange(tx, shopId, { kind: "push_codes", subject: pool.parentId }, now);
    return { outcome: "rotated", code: added, replaced: newest?.code ?? null };
  });
}

/** The pool, locked: one replacement at a time. */
async function lockPool(tx: Tx, shopId: number, awardNumber: number) {
  await tx.$queryRaw`SELECT 1 FROM "CodePool" WHERE "shopId" = ${shopId} AND "awardNumber" = ${awardNumber} ORDER BY "id" FOR UPDATE`;
  const pool = await tx.codePool.findFirst({ where: { shopId, awardNumber, source: "single" } });
  if (!pool) return null;
  const parent = await tx.parentDiscount.findUniqueOrThrow({ where: { shopId_awardNumber_bucket: { shopId, awardNumber, bucket: "" } }, select: { id: true, state: true } });
  const { codeKey } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { codeKey: true } });
  return { ...pool, codeKey, parentId: parent.id, isLocal: parent.state === "local" };
}

async function addCode(tx: Tx, shopId: number, pool: NonNullable<Awaited<ReturnType<typeof lockPool>>>, code: string, now: Date): Promise<string | null> {
  const home = { poolId: pool.id, awardNumber: pool.awardNumber, parentId: pool.parentId, shared: true };
  const store = (wanted: string) => storeCodes(tx, shopId, home, [{ code: wanted, customerId: null }], now);
  return code === "" ? mintOne(tx, shopId, pool, store) : ((await store(code))[0] ?? null);
}

async function whyNotAdded(tx: Tx, shopId: number, awardNumber: number, code: string): Promise<string> {
  if (code === "") return CODE_FAULTS.used_up;
  const own = await tx.coupon.count({ where: { shopId, awardNumber, code } });
  return own ? "This award had this code before." : CODE_FAULTS.already_ours;
}

/** Once a newer code can be handed out, the older ones are only their holders'. Returns how many. */
export async function stopHandingOut(tx: Tx, shopId: number, awardNumber: number, now: Date): Promise<number> {
  return tx.$executeRaw`
    UPDATE "Coupon" old SET "status" = 'issued', "statusAt" = ${now}::timestamptz
    WHERE old."shopId" = ${shopId} AND old."awardNumber" = ${awardNumber} AND old."shared" AND old."status" = 'available'
      AND EXISTS (
        SELECT 1 FROM "Coupon" new
        WHERE new."shopId" = old."shopId" AND new."awardNumber" = old."awardNumber" AND new."shared" AND new."id" > old."id"
          AND new."status" = 'available' AND new."codeState" IN ('live', 'local'))`;
}
