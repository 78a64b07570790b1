import type { LoaderFunctionArgs } from "@remix-run/node";
import { shopify } from "../../shopify/app.server";

/** Shopify's own round trips (session token bounce, exit of the iframe); the library answers each of them. */
export async function loader({ request }: LoaderFunctionArgs) {
  await shopify.authenticate.admin(request);
  return null;
}
