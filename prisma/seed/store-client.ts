/** Fills the local store from outside, through its admin's own addresses. */
import { z } from "zod";

const Products = z.array(z.object({ id: z.string(), title: z.string(), variants: z.array(z.object({ id: z.string() })) }));
const Customers = z.array(z.object({ id: z.string(), name: z.string() }));
const Placed = z.array(z.union([z.object({ gid: z.string(), name: z.string() }), z.object({ refused: z.string() })]));

export type StoreProduct = z.infer<typeof Products>[number];
export interface NewOrder {
  customerGid: string | null;
  lines: { variantGid: string; quantity: number }[];
  discountCodes?: string[];
  processedAt?: string;
}

export class StoreClient {
  readonly #base: string;

  constructor(storeUrl: string, shop: string) {
    this.#base = `${storeUrl}/store/${shop.replace(".myshopify.com", "")}`;
  }

  async isEmpty(): Promise<boolean> {
    return z.array(z.unknown()).parse(await this.#get("data/products")).length === 0;
  }

  configure(settings: object): Promise<unknown> {
    return this.#post("control/configure", settings);
  }

  addProducts(products: object[]): Promise<unknown> {
    return this.#post("control/products", products);
  }

  addCustomers(customers: object[]): Promise<unknown> {
    return this.#post("control/customers", customers);
  }

  /** Places orders in this order; the app hears of each by webhook. Throws when one is refused. */
  async placeOrders(orders: NewOrder[]): Promise<{ gid: string; name: string }[]> {
    return Placed.parse(await this.#post("control/orders", orders)).map((order) => {
      if ("refused" in order) throw new Error(`the store refused an order of the seed: ${order.refused}`);
      return order;
    });
  }

  /** What the shop holds, first made first. The list of orders is bounded: its length says whether there are any. */
  async contents(): Promise<{ products: StoreProduct[]; customers: { id: string; name: string }[]; ordersCount: number }> {
    const [products, customers, orders] = await Promise.all([this.#get("data/products"), this.#get("data/customers"), this.#get("data/orders")]);
    return { products: Products.parse(products), customers: Customers.parse(customers), ordersCount: z.array(z.unknown()).parse(orders).length };
  }

  /** The address of the app's frame, signed, with an ID token: what a merchant's browser would open. */
  async frameAddress(): Promise<string> {
    return z.object({ src: z.string() }).parse(await this.#get("data/frame?path=")).src;
  }

  #get(path: string): Promise<unknown> {
    return this.#answer(fetch(`${this.#base}/${path}`));
  }

  #post(path: string, body: unknown): Promise<unknown> {
    return this.#answer(fetch(`${this.#base}/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }));
  }

  async #answer(asked: Promise<Response>): Promise<unknown> {
    const response = await asked;
    const body: unknown = await response.json();
    if (!response.ok) throw new Error(`the local store answered ${response.status}: ${JSON.stringify(body)}`);
    return body;
  }
}
