/** The cart and who is shopping, kept in this browser. */
import { useEffect, useState } from "react";

export interface Shopping {
  customerId: string | null;
  /** Variant id to quantity. */
  cart: Record<string, number>;
  view: "preact" | "react";
}

const MEMORY = "local-store-shopping";
const NOTHING: Shopping = { customerId: null, cart: {}, view: "preact" };

/** The state of the visit and the way to change it. */
export function useShopping(): [Shopping, (change: Partial<Shopping>) => void] {
  const [shopping, setShopping] = useState(recall);
  useEffect(() => {
    try {
      localStorage.setItem(MEMORY, JSON.stringify(shopping));
    } catch {
      // a browser that keeps nothing: the cart lives as long as the page
    }
  }, [shopping]);
  return [shopping, (change) => setShopping((before) => ({ ...before, ...change }))];
}

function recall(): Shopping {
  try {
    return { ...NOTHING, ...(JSON.parse(localStorage.getItem(MEMORY) ?? "{}") as Partial<Shopping>) };
  } catch {
    return NOTHING;
  }
}

/** The cart with one variant's quantity changed; 0 takes it out. */
export function withQuantity(cart: Record<string, number>, variantId: string, quantity: number): Record<string, number> {
  const { [variantId]: _, ...others } = cart;
  return quantity > 0 ? { ...others, [variantId]: Math.min(quantity, 99) } : others;
}
