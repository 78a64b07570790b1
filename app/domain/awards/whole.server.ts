/** Awards whole, as an integrator's back office sees them: everything decided, and how often they were given and used. */
import type { Award } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { cutPage, type Page, type Position } from "../../lib/page";

export interface WholeAward extends Award {
  issued: number;
  used: number;
}

/** The award of this number, or null. */
export async function findWholeAward(shopId: number, number: number): Promise<WholeAward | null> {
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number } } });
  if (!award) return null;
  const [whole] = await withTallies(shopId, [award]);
  return whole ?? null;
}

export interface WholeQuery {
  status: Award["status"] | null;
  /** Only those sold for points, or only those that are not. */
  sold: boolean | null;
  position: Position;
  size: number;
}

/** One page of the shop's awards, newest first. */
export async function listWholeAwards(shopId: number, { status, sold, position, size }: WholeQuery): Promise<Page<WholeAward>> {
  const edge = position?.key[0];
  const awards = await prisma.award.findMany({
    where: {
      shopId,
      ...(edge !== undefined && { number: { lt: Number(edge) } }),
      ...(status !== null && { status }),
      ...(sold !== null && { pointsPrice: sold ? { not: null } : null }),
    },
    orderBy: { number: "desc" },
    take: size + 1,
  });
  return cutPage(await withTallies(shopId, awards), position, ({ number }) => [String(number)], size);
}

async function withTallies(shopId: number, awards: Award[]): Promise<WholeAward[]> {
  const tallies = await prisma.awardTally.findMany({ where: { shopId, awardNumber: { in: awards.map(({ number }) => number) } } });
  const tallyOf = new Map(tallies.map((tally) => [tally.awardNumber, tally]));
  return awards.map((award) => ({ ...award, issued: tallyOf.get(award.number)?.issued ?? 0, used: tallyOf.get(award.number)?.used ?? 0 }));
}
