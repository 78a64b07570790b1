import { z } from "zod";
import { redactShop } from "../../domain/shops/redact.server";
import { eraseEventsOf } from "../erase.server";
import { topic } from "./topic";

/** 48 hours after an uninstall: the shop's personal data goes. */
export const shopRedact = topic(z.object({}), async (tx, { shopId, shopDomain, webhookId }, _payload, now) => {
  const { outcome } = await redactShop(tx, shopId, webhookId, now);
  if (outcome === "redacted") await eraseEventsOf(tx, shopDomain);
});
