/** A merchant changes how the programme works. What happened before keeps the rules of its time. */
import { z } from "zod";
import { prisma } from "../../lib/db.server";

export const ShopSettings = z.object({
  pointsName: z.string().trim().min(1, "Give your points a name.").max(30, "At most 30 characters."),
  /** Points earned for each major unit of money spent. */
  earnRate: z.int("Enter a whole number.").min(0, "Enter 0 or more.").max(100_000, "At most 100,000."),
  holdMinutes: z.int("Enter a whole number of minutes.").min(5, "At least 5 minutes.").max(21_600, "At most 21,600 minutes (15 days)."),
  /** Who is told when codes run low or a limit comes near. Null: nobody. */
  alertEmail: z.email("Enter an e-mail address, or leave it blank.").max(254).nullable(),
});
export type ShopSettings = z.infer<typeof ShopSettings>;

/** Saves the settings. */
export async function changeSettings(shopId: number, settings: ShopSettings): Promise<void> {
  await prisma.shop.update({ where: { id: shopId }, data: settings });
}

/** Puts the setup guide away. */
export async function dismissGuide(shopId: number, now: Date): Promise<void> {
  await prisma.shop.updateMany({ where: { id: shopId, guideDismissedAt: null }, data: { guideDismissedAt: now } });
}
