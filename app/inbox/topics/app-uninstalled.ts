import { z } from "zod";
import { uninstallShop } from "../../domain/shops/uninstall.server";
import { topic } from "./topic";

/** The merchant removed the app. */
export const appUninstalled = topic(z.object({}), async (tx, { shopId, triggeredAt }) => {
  await uninstallShop(tx, shopId, triggeredAt);
});
