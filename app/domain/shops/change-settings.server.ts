/** A merchant changes how the programme works. What happened before keeps the rules of its time. */
import { z } from "zod";
import { inTransaction, prisma } from "../../lib/db.server";
import { changeTerms } from "./former-earning.server";

/** Points given for nothing bought; 0: none. */
const Gift = z.int("Enter a whole number.").min(0, "Enter 0 or more.").max(1_000_000, "At most 1,000,000.");

export const ShopSettings = z.object({
  pointsName: z.string().trim().min(1, "Give your points a name.").max(30, "At most 30 characters."),
  /** Points earned for each major unit of money spent. */
  earnRate: z.int("Enter a whole number.").min(0, "Enter 0 or more.").max(100_000, "At most 100,000."),
  earnOnTax: z.boolean(),
  earnOnShipping: z.boolean(),
  /** Days until earned points can be spent. 0: at once. */
  pendingDays: z.int("Enter a whole number of days.").min(0, "Enter 0 or more.").max(365, "At most 365 days."),
  /** Points lapse so many months after they came. Null: never. */
  expiryMonths: z.int("Enter a whole number of months, or leave it blank.").min(1, "At least 1 month, or leave it blank.").max(120, "At most 120 months (10 years).").nullable(),
  expiryNoticeDays: z.int("Enter a whole number of days.").min(1, "At least 1 day.").max(365, "At most 365 days."),
  /** What 100 points are worth to the merchant, minor units. Null: not valued. */
  hundredMinor: z.int("Enter an amount, or leave it blank.").min(1, "Enter an amount above 0, or leave it blank.").max(2_000_000_000, "This amount is too large.").nullable(),
  signupPoints: Gift,
  birthdayPoints: Gift,
  holdMinutes: z.int("Enter a whole number of minutes.").min(5, "At least 5 minutes.").max(21_600, "At most 21,600 minutes (15 days)."),
  /** Who is told when codes run low or a limit comes near. Null: nobody. */
  alertEmail: z.email("Enter an e-mail address, or leave it blank.").max(254).nullable(),
});
export type ShopSettings = z.infer<typeof ShopSettings>;

/** Saves the settings. */
export async function changeSettings(shopId: number, settings: ShopSettings, now: Date): Promise<void> {
  await inTransaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM "Shop" WHERE "id" = ${shopId} FOR UPDATE`;
    await changeTerms(tx, shopId, "rate", now, () => tx.shop.update({ where: { id: shopId }, data: settings }));
  });
}

/** Puts the setup guide away. */
export async function dismissGuide(shopId: number, now: Date): Promise<void> {
  await prisma.shop.updateMany({ where: { id: shopId, guideDismissedAt: null }, data: { guideDismissedAt: now } });
}
