/** The invariants of a customer's points, read from the tables themselves. */
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { prisma } from "#app/lib/db.server.ts";

export interface Books {
  balance: number;
  held: number;
  /** Every invariant that does not hold, in words. */
  faults: string[];
}

/** Reads a customer's books and checks them; no faults: they are sound. */
export async function booksOf(shopId: number, customerId: bigint): Promise<Books> {
  const mine = { shopId, customerId };
  const account = await prisma.pointsAccount.findFirst({ where: mine });
  const [balance, held] = [account?.balance ?? 0, account?.held ?? 0];
  const entries = await prisma.pointsEntry.findMany({ where: mine });
  const lots = await prisma.pointsLot.findMany({ where: mine });
  const uses = await prisma.pointsLotUse.findMany({ where: { shopId, lotId: { in: lots.map(({ id }) => id) } } });
  const holds = await prisma.pointsHold.findMany({ where: mine });
  const issuances = await prisma.issuance.findMany({ where: mine });
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

  const faults: string[] = [];
  const hold = (name: string, sound: boolean) => void (sound || faults.push(name));
  const remaining = sum(lots.map((lot) => lot.remaining));
  const overdraft = Math.max(0, -balance);
  hold("balance = sum of entries", balance === sum(entries.map(({ points }) => points)));
  hold("balance = sum of lots - overdraft", balance === remaining - overdraft);
  hold("a lot's remaining = its points - its uses", lots.every((lot) => lot.remaining === lot.points - sum(uses.filter(({ lotId }) => lotId === lot.id).map(({ points }) => points))));
  hold("held = sum of open holds", held === sum(holds.filter(({ status }) => status === "held").map(({ points }) => points)));
  hold("a hold has ended exactly when its status says so", holds.every(({ status, endedAt }) => (status === "held") === (endedAt === null)));
  for (const issuance of issuances) {
    const status = holds.find(({ id }) => id === issuance.holdId)?.status;
    const waiting = issuance.status === "open" || issuance.status === "returning";
    hold(`issuance ${issuance.id} is ${issuance.status}, its hold ${status}`, waiting === (status === "held"));
    const paid = sum(entries.filter(({ issuanceId }) => issuanceId === issuance.id).map(({ points }) => points));
    hold(`issuance ${issuance.id} is ${issuance.status} and cost ${-paid}`, -paid === (issuance.status === "redeemed" ? issuance.points : 0));
  }
  hold("hash chain unbroken", (await verifyChain(shopId, customerId)).outcome === "unbroken");
  return { balance, held, faults };
}
