/** How the demo shop's customers earn: what a merchant would set, by the functions that the admin's pages call. */
import { setBirthday } from "../../app/domain/customers/set-birthday.server";
import { ONE_MILLI } from "../../app/domain/points/earn-rule";
import { saveEarnRule } from "../../app/domain/points/save-earn-rule.server";
import { saveTier } from "../../app/domain/points/save-tier.server";
import { changeSettings } from "../../app/domain/shops/change-settings.server";
import { prisma } from "../../app/lib/db.server";
import { localTime } from "../../app/lib/zone";
import type { StoreProduct } from "./store-client";

const SETTINGS = {
  pointsName: "points", earnRate: 1, earnOnTax: true, earnOnShipping: false, pendingDays: 14, expiryMonths: 12, expiryNoticeDays: 30, hundredMinor: 300, signupPoints: 25, birthdayPoints: 50,
  holdMinutes: 60, alertEmail: null,
};

const COFFEE = ["Sidamo, washed", "Linden espresso", "Huila decaf", "Yirga natural"];

/** Settings, two rules and two tiers; doing it again changes nothing. */
export async function setEarning(shopId: number, products: StoreProduct[], now: Date): Promise<void> {
  await changeSettings(shopId, SETTINGS, now);
  const gidsOf = (titles: string[]) => products.filter(({ title }) => titles.includes(title)).map(({ id }) => id);
  const rules = [
    { name: "Coffee counts double", multiplierMilli: 2 * ONE_MILLI, productGids: gidsOf(COFFEE) },
    { name: "Paper filters earn nothing", multiplierMilli: 0, productGids: gidsOf(["Paper filters, 100"]) },
  ];
  for (const rule of rules) expectSaved(await saveEarnRule(shopId, null, { ...rule, variantGids: [], collectionGids: [] }, now));
  const tiers = [
    { name: "Regular", fromPoints: 1000, multiplierMilli: 1.25 * ONE_MILLI },
    { name: "Roaster’s circle", fromPoints: 3000, multiplierMilli: 1.5 * ONE_MILLI },
  ];
  for (const tier of tiers) expectSaved(await saveTier(shopId, null, tier, now));
}

/** Somebody who has bought has their birthday today. */
export async function setBirthdays(shopId: number, timeZone: string, now: Date): Promise<void> {
  const [birthMonth, birthDay] = localTime(now, timeZone).slice(5, 10).split("-").map(Number);
  const someone = await prisma.pointsAccount.findFirst({ where: { shopId }, orderBy: { balance: "asc" }, select: { customerId: true } });
  if (someone && birthMonth !== undefined && birthDay !== undefined) await setBirthday(prisma, shopId, someone.customerId, { month: birthMonth, day: birthDay });
}

function expectSaved({ outcome }: { outcome: string }): void {
  if (outcome !== "saved") throw new Error(`a rule or tier of the seed was not saved: ${outcome}`);
}
