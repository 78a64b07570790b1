/** Stored payloads carry names and addresses: they are emptied when a person or a shop is to be forgotten, and by age. */
import { prisma, type Tx } from "../lib/db.server";
import { gidTail, type Gid } from "../lib/gid";

/** Days for which a worked event can be replayed; then its content goes. */
const KEEP_DAYS = 30;
const PRUNE_LIMIT = 10_000;

/** Empties every stored event of the shop that names this customer. */
export async function eraseEventsAbout(tx: Tx, shopDomain: string, customerGid: Gid<"Customer">): Promise<void> {
  // An order names its customer by gid, the compliance topics by number.
  const [byGid, byNumber] = [`"${customerGid}"`, `"customer":\\s*\\{\\s*"id":\\s*"?${gidTail(customerGid)}\\M`];
  await tx.$executeRaw`
    UPDATE "InboxEvent" SET "body" = ''::bytea
    WHERE "shopDomain" = ${shopDomain} AND length("body") > 0
      -- 'escape' reads any bytes, also a body that is not UTF-8.
      AND (position(convert_to(${byGid}, 'UTF8') IN "body") > 0 OR encode("body", 'escape') ~ ${byNumber})`;
}

/** Empties every stored event of the shop. */
export async function eraseEventsOf(tx: Tx, shopDomain: string): Promise<void> {
  await tx.inboxEvent.updateMany({ where: { shopDomain }, data: { body: new Uint8Array() } });
}

/** Empties events that were worked long ago; answers how many. Bounded: the next run finds the rest. */
export async function pruneEvents(now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEEP_DAYS * 86_400_000);
  return prisma.$executeRaw`
    UPDATE "InboxEvent" e SET "body" = ''::bytea
    FROM (
      SELECT "shopDomain", "id" FROM "InboxEvent"
      WHERE "status" IN ('done', 'ignored') AND "receivedAt" < ${before}::timestamptz AND length("body") > 0
      ORDER BY "shopDomain", "id" LIMIT ${PRUNE_LIMIT}) old
    WHERE e."shopDomain" = old."shopDomain" AND e."id" = old."id"`;
}
