import { z } from "zod";
import { redactShop } from "../../domain/shops/redact.server";
import { topic } from "./topic";

/** 48 hours after an uninstall: the shop's personal data goes, stored webhooks among it. */
export const shopRedact = topic(z.object({}), async (tx, { shopId, webhookId }, _payload, now) => {
  await redactShop(tx, shopId, webhookId, now);
});
