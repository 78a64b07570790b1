/** A shop's first imports, before PostgreSQL has looked at what is in them: it plans as if they had a row or none. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { applyImport } from "#app/domain/imports/apply.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { newAward, newShop, NOON } from "#test/factories.ts";
import { previewImport } from "#test/preview-import.ts";
import { rowsRead, watchPlans } from "#test/rows-read.ts";

watchPlans();

/** As many as are staged without a look at the table. */
const ROWS = 9_900;
/** So often may each row be read in all steps together; who reads every row for every row is far beyond. */
const TIMES_EACH = 200;

/** Another shop has imported a few rows, and the tables were looked at then. */
async function lookedAtBefore(): Promise<void> {
  const { id: shopId } = await newShop();
  await newAward(shopId, { codes: 100 });
  const numbers = await people(shopId, 100);
  for (let times = 0; times < 3; times++) await previewImport(shopId, { kind: "points", repeat: true }, ["customer id,points", ...numbers.map((number) => `${number},5`)]);
  await prisma.$executeRaw`ANALYZE`;
}

async function people(shopId: number, count = ROWS): Promise<string[]> {
  await prisma.$executeRaw`
    INSERT INTO "Customer" ("shopId", "gid", "email", "updatedAt") SELECT ${shopId}, 'gid://shopify/Customer/' || n, 'shopper-' || n || '@example.com', now() FROM generate_series(1, ${count}::int) n`;
  return Array.from({ length: count }, (_, n) => String(n + 1));
}

it("names 9,900 customers by number or address, and says which rows fail, without reading all rows for each", async () => {
  await lookedAtBefore();
  const { id: shopId } = await newShop();
  const award = await newAward(shopId);
  const numbers = await people(shopId);
  const read = await rowsRead(async () => {
    const eligible = await previewImport(shopId, { kind: "eligible", awardNumber: award.number }, ["customer id", ...numbers, "1", "999999999"]);
    expect(eligible.fates).toEqual({ duplicate_in_file: 1, unknown_customer_id: 1 });
    const points = await previewImport(shopId, { kind: "points" }, ["email,points", ...numbers.map((number, n) => `shopper-${number}@example.com,${n === 7 ? -1 : 5}`)]);
    expect(points.fates).toEqual({ below_zero: 1 });
  });
  expect(read).toBeLessThan(ROWS * TIMES_EACH);
});

it("stores 9,900 codes and tells which of them it had, without reading all codes for each", async () => {
  await lookedAtBefore();
  const { id: shopId } = await newShop();
  const award = await newAward(shopId);
  const codes = Array.from({ length: ROWS }, () => randomUUID().toUpperCase());
  const read = await rowsRead(async () => {
    const { importId, fates } = await previewImport(shopId, { kind: "codes", awardNumber: award.number }, ["code", ...codes, codes[0] ?? ""]);
    expect(fates).toEqual({ duplicate_in_file: 1 });
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, NOON)).toMatchObject({ outcome: "applying", job: { status: "done" } });
    expect((await previewImport(shopId, { kind: "codes", awardNumber: award.number, repeat: true }, ["code", ...codes])).fates).toEqual({ already_here: ROWS });
  });
  expect(read).toBeLessThan(ROWS * TIMES_EACH);
});
