/** The merchant's door: who is asking, for which shop, and when. */
import { data } from "@remix-run/node";
import { installShop } from "../../domain/shops/install.server";
import { findShop } from "../../domain/shops/queries.server";
import { systemClock } from "../../lib/clock";
import { shopify } from "../../shopify/app.server";
import { SHOP_FACTS, ShopFactsAnswer } from "../../shopify/operations/shop-facts";

/**
 * Authenticates a request of the embedded admin; the first one of a shop, or the first after an uninstall, installs it.
 * Throws the library's own Response where the token is missing, expired or of another app.
 */
export async function openAdmin(request: Request) {
  const { admin, session, sessionToken } = await shopify.authenticate.admin(request);
  const now = systemClock();
  const known = await findShop(session.shop);
  if (known && !known.uninstalledAt) return { shop: known, staffId: sessionToken.sub, now };

  const answer = await admin.graphql(SHOP_FACTS);
  const { shop: facts } = ShopFactsAnswer.parse(await answer.json()).data;
  const installed = await installShop({ domain: session.shop, name: facts.name, currency: facts.currencyCode, timeZone: facts.ianaTimezone }, now);
  return { shop: installed, staffId: sessionToken.sub, now };
}

/** Refuses an address that names nothing of this shop. Another shop's things are as unknown as things that never were. */
export function notFound(what: string): never {
  throw data({ title: `This ${what} does not exist`, message: `It may belong to another store, or the address was mistyped.` }, { status: 404 });
}
