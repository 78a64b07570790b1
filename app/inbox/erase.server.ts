/** Stored payloads carry names and addresses: they are emptied when a person is to be forgotten, and deleted by age. */
import { patternOf, type Person } from "../domain/customers/traces";
import { prisma, type Tx } from "../lib/db.server";
import { gidTail } from "../lib/gid";

/** Days for which a worked event can be replayed; Shopify sends one again for two days at most. */
const KEEP_DAYS = 30;
const BATCH = 10_000;
/** A shop that is told more than this in an hour keeps it a little longer. */
const BATCHES_PER_SHOP = 20;

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

/** Empties every stored event of the shop that names the person, and what was said of its failing; other requests to forget them are still to be worked. */
export async function eraseEventsAbout(tx: Tx, shopDomain: string, person: Person, webhookId: string): Promise<void> {
  const { words, byNumber } = namesIn(person);
  await tx.$executeRaw`
    UPDATE "InboxEvent" SET "body" = ''::bytea, "problem" = NULL WHERE "shopDomain" = ${shopDomain} AND body_names("body", ${words}, ${patternOf(person)}, ${byNumber})
      AND NOT ("status" = 'received' AND "topic" = 'customers/redact' AND "webhookId" <> ${webhookId})`;
}

/** Deletes events that were worked long ago; answers how many. What could not be worked stays. Bounded: the next run finds the rest. */
export async function pruneEvents(now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEEP_DAYS * 86_400_000);
  let pruned = 0;
  for (const domain of await domainsWithOldEvents(before)) {
    for (let batch = 0; batch < BATCHES_PER_SHOP; batch++) {
      const count = await pruneBatch(domain, before);
      pruned += count;
      if (count < BATCH) break;
    }
  }
  return pruned;
}

/** From one sender to the next by the key: an event may name a shop that we have never met. */
async function domainsWithOldEvents(before: Date): Promise<string[]> {
  const senders = await prisma.$queryRaw<{ domain: string }[]>`
    WITH RECURSIVE sender AS (
      (SELECT "shopDomain", "receivedAt" FROM "InboxEvent" ORDER BY "shopDomain", "id" LIMIT 1)
      UNION ALL
      SELECT following.* FROM sender
      CROSS JOIN LATERAL (SELECT e."shopDomain", e."receivedAt" FROM "InboxEvent" e WHERE e."shopDomain" > sender."shopDomain" ORDER BY e."shopDomain", e."id" LIMIT 1) following)
    SELECT "shopDomain" AS "domain" FROM sender WHERE "receivedAt" < ${before}::timestamptz`;
  return senders.map(({ domain }) => domain);
}

function pruneBatch(domain: string, before: Date): Promise<number> {
  return prisma.$executeRaw`
    DELETE FROM "InboxEvent" WHERE "shopDomain" = ${domain} AND ctid = ANY (ARRAY(
      SELECT e.ctid FROM "InboxEvent" e
      WHERE e."shopDomain" = ${domain} AND e."status" IN ('done', 'ignored') AND e."receivedAt" < ${before}::timestamptz
        -- Ids grow with time: the walk ends at the first that is not old, however many follow.
        AND e."id" < coalesce((SELECT n."id" FROM "InboxEvent" n WHERE n."shopDomain" = ${domain} AND n."receivedAt" >= ${before}::timestamptz ORDER BY n."id" LIMIT 1), 9223372036854775807)
      LIMIT ${BATCH}))`;
}
