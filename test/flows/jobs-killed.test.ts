/** Workers die with SIGKILL in the middle of long work, or two have the same work in hand: nothing is lost, nothing done twice. */
import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { applyImport } from "#app/domain/imports/apply.server.ts";
import { findImport } from "#app/domain/imports/queries.server.ts";
import { undoImport } from "#app/domain/imports/undo.server.ts";
import { findJob } from "#app/domain/jobs/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { newAward, newShop, NOON } from "#test/factories.ts";
import { previewImport } from "#test/preview-import.ts";

const LATER = new Date(NOON.getTime() + 60_000);
const CHILD = path.join(import.meta.dirname, "job-child.ts");

/** Starts a worker on the job; `killedAfter`: SIGKILL so many ms after it has ended its first step. Resolves when it is gone. */
function work(shopId: number, jobId: bigint, killedAfter?: number): Promise<"ended" | "killed"> {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, String(shopId), String(jobId), LATER.toISOString()], { env: process.env, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => {
      if (killedAfter !== undefined) void pause(killedAfter).then(() => child.kill("SIGKILL"));
    });
    child.on("exit", (code, signal) => {
      if (signal === "SIGKILL") resolve("killed");
      else if (code === 0) resolve("ended");
      else reject(new Error(`the worker ended with ${code}`));
    });
  });
}

/** Kills workers at different moments of their work until one comes to the end, or two are dead; then one works undisturbed. */
async function workThroughKills(shopId: number, jobId: bigint): Promise<number> {
  let killed = 0;
  for (const killedAfter of [0, 60]) {
    if ((await work(shopId, jobId, killedAfter)) === "ended") break;
    killed++;
  }
  await work(shopId, jobId);
  expect(await findJob(shopId, jobId)).toMatchObject({ status: "done" });
  return killed;
}

async function people(shopId: number, count: number, points: number): Promise<{ id: bigint; number: string }[]> {
  const first = BigInt(Date.now()) * 100_000n;
  const rows = await prisma.$queryRaw<{ id: bigint; gid: string }[]>`
    INSERT INTO "Customer" ("shopId", "gid", "updatedAt") SELECT ${shopId}, 'gid://shopify/Customer/' || (${first}::bigint + n), now() FROM generate_series(1, ${count}::int) n RETURNING "id", "gid"`;
  await prisma.$executeRaw`INSERT INTO "PointsAccount" ("shopId", "customerId") SELECT ${shopId}, "id" FROM "Customer" WHERE "shopId" = ${shopId}`;
  if (points > 0) {
    await prisma.$queryRaw`SELECT count(*)::int FROM "Customer" c, LATERAL post_points_entry(${shopId}::int, c."id", 'imported', ${points}::int, 'gift:' || c."id", NULL, NULL, NULL, ${NOON}::timestamptz, ${NOON}::timestamptz, false) WHERE c."shopId" = ${shopId}`;
  }
  return rows.map(({ id, gid }) => ({ id, number: gid.split("/").at(-1) ?? "" }));
}

const codes = (count: number) => Array.from({ length: count }, () => randomUUID().toUpperCase());

it("an import of coupons for 1,900 customers: every one gets exactly one, and its price is asked for once", async () => {
  const { id: shopId } = await newShop();
  const award = await newAward(shopId, { codes: 2000 });
  const customers = await people(shopId, 1900, 150);
  const { importId } = await previewImport(shopId, { kind: "issue", awardNumber: award.number, distributed: false }, ["customer id", ...customers.map(({ number }) => number)]);
  const applying = await applyImport(shopId, { importId, mode: "valid_rows" }, LATER);
  if (applying.outcome !== "applying") throw new Error(applying.outcome);
  expect(await workThroughKills(shopId, applying.job.id)).toBeGreaterThan(0);

  expect(await findImport(shopId, importId)).toMatchObject({ status: "applied", appliedCount: 1900, fates: {}, job: { done: 1900, outcomes: { applied: 1900 } } });
  expect(await prisma.issuance.count({ where: { shopId, importId } })).toBe(1900);
  expect(await prisma.issuance.groupBy({ by: ["customerId"], where: { shopId }, having: { customerId: { _count: { gt: 1 } } } })).toEqual([]);
  expect(await prisma.pointsAccount.count({ where: { shopId, balance: 50, held: 0 } })).toBe(1900);
  expect((await prisma.awardTally.findFirstOrThrow({ where: { shopId } })).issued).toBe(1900);
}, 120_000);

it("a revocation of 700 coupons that were paid for: every price goes back once", async () => {
  const { id: shopId } = await newShop();
  const award = await newAward(shopId, { codes: 2000 });
  const customers = await people(shopId, 700, 100);
  const { importId } = await previewImport(shopId, { kind: "issue", awardNumber: award.number, distributed: false }, ["customer id", ...customers.map(({ number }) => number)]);
  await applyImport(shopId, { importId, mode: "valid_rows" }, NOON);
  await prisma.coupon.updateMany({ where: { shopId }, data: { codeState: "local" } });
  const revoking = await revokeCoupons(shopId, { awardNumber: award.number, mode: "unredeemed", understood: true, returnPoints: true, requestKey: "all" }, LATER);
  if (revoking.outcome !== "started") throw new Error(revoking.outcome);
  await workThroughKills(shopId, revoking.job.id);

  expect(await findJob(shopId, revoking.job.id)).toMatchObject({ done: 2000, failed: 0, outcomes: { revoked: 2000 } });
  expect(await prisma.coupon.count({ where: { shopId, status: "revoked" } })).toBe(2000);
  expect(await prisma.pointsAccount.count({ where: { shopId, balance: 100, held: 0 } })).toBe(700);
  expect(await prisma.event.count({ where: { shopId, kind: "coupon.revoked" } })).toBe(700);
  expect((await prisma.awardTally.findFirstOrThrow({ where: { shopId } })).issued).toBe(0);
}, 120_000);

it("an import of 60,000 codes and its undoing, by two workers at once, one of which dies", async () => {
  // PostgreSQL looks at its tables when it likes: here before anything of this shop was in them.
  await prisma.$executeRaw`ANALYZE`;
  const { id: shopId } = await newShop();
  const award = await newAward(shopId, { codes: 1 });
  const listed = codes(60_000);
  const { importId } = await previewImport(shopId, { kind: "codes", awardNumber: award.number }, ["code", ...listed, listed[0] ?? ""]);
  const applying = await applyImport(shopId, { importId, mode: "valid_rows" }, LATER);
  if (applying.outcome !== "applying") throw new Error(applying.outcome);
  await Promise.all([work(shopId, applying.job.id), work(shopId, applying.job.id, 30)]);
  await work(shopId, applying.job.id);
  expect(await findImport(shopId, importId)).toMatchObject({ status: "applied", appliedCount: 60_000, fates: { duplicate_in_file: 1 } });
  expect(await prisma.coupon.count({ where: { shopId, awardNumber: award.number } })).toBe(60_001);

  const undoing = await undoImport(shopId, importId, LATER);
  if (undoing.outcome !== "undoing") throw new Error(undoing.outcome);
  await Promise.all([work(shopId, undoing.job.id), work(shopId, undoing.job.id, 30)]);
  await work(shopId, undoing.job.id);
  expect(await findImport(shopId, importId)).toMatchObject({ status: "undone", job: { done: 60_000, outcomes: { undone: 60_000 } } });
  expect(await prisma.coupon.count({ where: { shopId, status: "revoked", codeState: "withdrawn" } })).toBe(60_000);
}, 90_000);
