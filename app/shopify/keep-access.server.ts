/** A refresh token that nobody uses for ninety days is over, and with it the way into the shop. */
import { prisma } from "../lib/db.server";
import { sessions } from "./app.server";

const AHEAD_MS = 30 * 86_400_000;
const SHOPS_AT_ONCE = 200;
const ANY_END = new Date(8.64e15);

/** Renews up to 200 sessions of installed shops whose refresh token ends within thirty days, the first to end first; returns how many were. */
export async function keepAccess(now: Date): Promise<number> {
  const ending = await prisma.$queryRaw<{ id: string }[]>`
    SELECT e."id" FROM "Session" e JOIN "Shop" s ON s."domain" = e."shop" AND s."uninstalledAt" IS NULL
    WHERE NOT e."isOnline" AND e."refreshTokenExpires" > ${now} AND e."refreshTokenExpires" < ${new Date(now.getTime() + AHEAD_MS)}
    ORDER BY e."refreshTokenExpires" LIMIT ${SHOPS_AT_ONCE}`;
  let renewed = 0;
  for (const { id } of ending) if ((await sessions.renew(id, ANY_END)).outcome === "valid") renewed++;
  return renewed;
}
