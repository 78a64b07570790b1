/** An order by its name, which leads to it where Shopify has it. */
import { Link } from "@shopify/polaris";
import type { ReactNode } from "react";
import { orderAddress } from "./order-address";
import { useShop } from "./shop";

export function OrderLink({ orderGid, children }: { orderGid: string; children: ReactNode }) {
  const { domain } = useShop();
  const address = orderAddress(domain, orderGid);
  return address === null ? children : <Link url={address} target="_top" removeUnderline>{children}</Link>;
}
