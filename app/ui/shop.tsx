import { createContext, useContext } from "react";

/** What every page needs to know of the shop to write amounts, times and points. */
export interface ShopView {
  name: string;
  domain: string;
  currency: string;
  timeZone: string;
  pointsName: string;
}

const ShopContext = createContext<ShopView | null>(null);

export const ShopProvider = ShopContext.Provider;

/** The shop of the page. A page outside the admin's layout has none: that is a bug. */
export function useShop(): ShopView {
  const shop = useContext(ShopContext);
  if (!shop) throw new Error("useShop is called outside the admin's layout");
  return shop;
}
