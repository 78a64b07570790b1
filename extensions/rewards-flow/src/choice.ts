/** How many points a shopper spends on an award of variable amount. Pure. */
import type { AwardOffer } from "../../../app/contract/checkout";
import type { Wallet } from "./state";

/** The amounts the shopper can choose from, in points: from the least, step by step, to the most that the balance reaches. Empty: there is nothing to choose. */
export function amountsOf(wallet: Wallet, { choice }: AwardOffer): number[] {
  if (!choice) return [];
  const { minPoints, maxPoints, stepPoints } = choice;
  const steps = Math.floor((Math.min(maxPoints, wallet.points) - minPoints) / stepPoints);
  return Array.from({ length: Math.max(0, steps + 1) }, (_, step) => minPoints + step * stepPoints);
}

/** The points that redeeming this award costs now: what was chosen, as long as it can be had; otherwise the award's price, its least amount. */
export function pointsToSpend(wallet: Wallet, award: AwardOffer): number {
  const chosen = wallet.chosenPoints[award.awardNumber];
  return chosen !== undefined && amountsOf(wallet, award).includes(chosen) ? chosen : award.pointsPrice;
}

/** What so many points buy, in minor units of the choice's currency. */
export function worthOf({ stepPoints, stepMinor }: NonNullable<AwardOffer["choice"]>, points: number): number {
  return (points / stepPoints) * stepMinor;
}

/** The wallet after another amount was chosen for one award. */
export function withChoice(wallet: Wallet, awardNumber: number, points: number): Wallet {
  return { ...wallet, chosenPoints: { ...wallet.chosenPoints, [awardNumber]: points } };
}
