/** Stored payloads carry names and addresses: they are emptied when a person is to be forgotten, and by age. */
import { patternOf, type Person } from "../domain/customers/traces";
import { prisma, type Tx } from "../lib/db.server";
import { gidTail } from "../lib/gid";

/** Days for which a worked event can be replayed; then its content goes. */
const KEEP_DAYS = 30;
const PRUNE_LIMIT = 10_000;

/** By what an event names the person: an order does by gid, the compliance topics by number, a guest's order by address. */
function namesIn({ gids, emails, phones }: Person): { words: string[]; byNumber: string } {
  const numbers = gids.map(gidTail);
  const words = [...numbers, ...emails, ...emails.map((email) => email.toLowerCase()), ...phones];
  return { words: [...new Set(words)], byNumber: `"customer(_id)?":\\s*(\\{\\s*"id":\\s*)?"?(${numbers.join("|")})\\M` };
}

/** What stored events say of the person, for whoever asks what we hold. */
export function eventsAbout(tx: Tx, shopDomain: string, person: Person, limit: number): Promise<object[]> {
  const { words, byNumber } = namesIn(person);
  return tx.$queryRaw`
    SELECT "topic", "receivedAt", encode("body", 'escape') AS "body" FROM "InboxEvent" WHERE "shopDomain" = ${shopDomain} AND body_names("body", ${words}, ${patternOf(person)}, ${byNumber}) ORDER BY "id" LIMIT ${limit}`;
}

/** Whether news of the person, but for requests to forget them, is still to be worked: emptied now, what an order used would never be known. */
export async function hasNewsAbout(tx: Tx, shopDomain: string, person: Person): Promise<boolean> {
  const { words, byNumber } = namesIn(person);
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM "InboxEvent" WHERE "shopDomain" = ${shopDomain} AND "status" = 'received' AND "topic" <> 'customers/redact' AND body_names("body", ${words}, ${patternOf(person)}, ${byNumber}) LIMIT 1`;
  return rows.length > 0;
}

/** Empties every stored event of the shop that names the person, and what was said of its failing. */
export async function eraseEventsAbout(tx: Tx, shopDomain: string, person: Person): Promise<void> {
  const { words, byNumber } = namesIn(person);
  await tx.$executeRaw`
    UPDATE "InboxEvent" SET "body" = ''::bytea, "problem" = NULL WHERE "shopDomain" = ${shopDomain} AND body_names("body", ${words}, ${patternOf(person)}, ${byNumber})`;
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
