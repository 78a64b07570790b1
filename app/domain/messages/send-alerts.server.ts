/** News for staff is mailed, each once. */
import { prisma } from "../../lib/db.server";
import { log } from "../../lib/log.server";
import type { Mailer } from "../../lib/mailer.server";
import { ALERT_KINDS, writeAlert, type AlertKind } from "./alert";

const AT_ONCE = 100;
/** About two days of trying. */
const ATTEMPTS = 14;
const FIRST_DELAY_MS = 60_000;
const LONGEST_DELAY_MS = 6 * 60 * 60_000;
/** A missing mail server is noted once an hour. */
const UNSENT_DELAY_MS = 60 * 60_000;

interface DueAlert {
  shopId: number;
  id: bigint;
  kind: AlertKind;
  data: unknown;
  attempts: number;
  to: string;
  shop: string;
  domain: string;
  /** Null: the news is about the shop's webhooks. */
  awardNumber: number | null;
  award: string | null;
}

/** Where staff look after an award, or (null) after their webhooks: its address in the admin of the shop with this domain. */
export type AlertLink = (domain: string, awardNumber: number | null) => string;

/**
 * Mails up to 100 alerts that are due; how many were sent. One is claimed before it is sent: after a crash between sending and
 * noting that, it is sent again under the same message id. Without a mailer alerts are kept, and go out when there is one.
 */
export async function sendAlerts(mailer: Mailer | null, linkTo: AlertLink, now: Date): Promise<number> {
  let sent = 0;
  for (const alert of await findDue(now)) {
    if (mailer === null) await postpone(alert, now);
    else if ((await isClaimed(alert, now)) && (await isSent(mailer, alert, linkTo, now))) sent++;
  }
  return sent;
}

function findDue(now: Date): Promise<DueAlert[]> {
  return prisma.$queryRaw<DueAlert[]>`
    SELECT x."shopId", x."id", x."kind", x."data", x."attempts", s."alertEmail" AS "to", s."name" AS "shop", s."domain", a."number" AS "awardNumber", a."name" AS "award"
    FROM "Shop" s
    JOIN "StaffAlert" x ON x."shopId" = s."id" AND x."sentAt" IS NULL AND x."closedAt" IS NULL AND x."attempts" < ${ATTEMPTS} AND x."nextAttemptAt" <= ${now}::timestamptz
    LEFT JOIN "Award" a ON a."shopId" = x."shopId" AND a."number" = (x."data" ->> 'awardNumber')::int
    WHERE s."alertEmail" IS NOT NULL AND s."uninstalledAt" IS NULL AND x."kind" = ANY(${[...ALERT_KINDS]}::text[])
    ORDER BY x."nextAttemptAt", x."id" LIMIT ${AT_ONCE}`;
}

async function postpone({ shopId, id, kind }: DueAlert, now: Date): Promise<void> {
  log.warn({ shopId, alert: String(id), kind }, "an alert is kept: SMTP_URL is not set");
  await prisma.staffAlert.updateMany({ where: { shopId, id, sentAt: null }, data: { problem: "No mail server is set up.", nextAttemptAt: later(now, UNSENT_DELAY_MS) } });
}

/** Of several workers one sends it. */
async function isClaimed({ shopId, id, attempts }: DueAlert, now: Date): Promise<boolean> {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts);
  const claimed = await prisma.staffAlert.updateMany({ where: { shopId, id, attempts, sentAt: null, closedAt: null }, data: { attempts: attempts + 1, nextAttemptAt: later(now, delay) } });
  return claimed.count === 1;
}

async function isSent(mailer: Mailer, alert: DueAlert, linkTo: AlertLink, now: Date): Promise<boolean> {
  const { shopId, id, kind, data, to, shop, domain, awardNumber, award } = alert;
  try {
    await mailer.send({ to, messageId: `alert-${shopId}-${id}`, ...writeAlert(kind, data, { shop, award: award ?? "", link: linkTo(domain, awardNumber) }) });
  } catch (error) {
    // The server's words may hold the address.
    const code = error instanceof Error && "code" in error ? error.code : null;
    log.warn({ shopId, alert: String(id), code }, "an alert was not sent");
    await prisma.staffAlert.updateMany({ where: { shopId, id, sentAt: null }, data: { problem: "The mail server did not take it." } });
    return false;
  }
  await prisma.staffAlert.updateMany({ where: { shopId, id, sentAt: null }, data: { sentAt: now, problem: null } });
  return true;
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
