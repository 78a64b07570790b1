/** A small shop front: products, who you are, a cart, and the way to the checkout. */
import "./storefront.css";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { useShopping, withQuantity, type Shopping } from "./cart";
import type { CheckoutRequest, StorefrontData, StorefrontProduct } from "./data";

function Storefront() {
  const [data, setData] = useState<StorefrontData | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [shopping, change] = useShopping();
  useEffect(() => {
    fetch("/storefront/data")
      .then((response) => response.json())
      .then(setData, (error: Error) => setProblem(error.message));
  }, []);

  if (problem) return <p role="alert">{problem}</p>;
  if (!data) return <p className="waiting">One moment …</p>;
  const add = (variantId: string) => change({ cart: withQuantity(shopping.cart, variantId, (shopping.cart[variantId] ?? 0) + 1) });
  return (
    <>
      <header>
        <a className="name" href="/">
          {data.name}
        </a>
        <Visitor data={data} shopping={shopping} change={change} />
      </header>
      <div className="columns">
        <main>
          <h1>Everything in the shop</h1>
          <ul className="products">
            {data.products.map((product) => (
              <Product key={product.id} product={product} money={(minor) => money(minor, data.currency)} onAdd={add} />
            ))}
          </ul>
        </main>
        <Cart data={data} shopping={shopping} change={change} onProblem={setProblem} />
      </div>
      <footer>
        A local store for trying things out. <a href={`/store/${data.shop.replace(".myshopify.com", "")}`}>Merchant’s admin</a>
      </footer>
    </>
  );
}

function Visitor({ data, shopping, change }: { data: StorefrontData; shopping: Shopping; change: (part: Partial<Shopping>) => void }) {
  return (
    <label className="visitor">
      <span>Logged in as</span>
      <select value={shopping.customerId ?? ""} onChange={(event) => change({ customerId: event.target.value || null })}>
        <option value="">Guest (not logged in)</option>
        {data.customers.map((customer) => (
          <option key={customer.id} value={customer.id}>
            {customer.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Product({ product, money, onAdd }: { product: StorefrontProduct; money: (minor: number) => string; onAdd: (variantId: string) => void }) {
  const [chosen, setChosen] = useState(product.variants[0]?.id ?? "");
  const variant = product.variants.find(({ id }) => id === chosen);
  return (
    <li>
      {product.imageUrl && <img src={product.imageUrl} alt="" loading="lazy" />}
      <h2>{product.title}</h2>
      <p>{product.description}</p>
      <div className="buy">
        <strong>{variant ? money(variant.priceMinor) : ""}</strong>
        {product.variants.length > 1 && (
          <select aria-label={`Variant of ${product.title}`} value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {product.variants.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        )}
        <button type="button" onClick={() => onAdd(chosen)} aria-label={`Add ${product.title} to cart`}>
          Add
        </button>
      </div>
    </li>
  );
}

interface CartProps {
  data: StorefrontData;
  shopping: Shopping;
  change: (part: Partial<Shopping>) => void;
  onProblem: (problem: string) => void;
}

function Cart({ data, shopping, change, onProblem }: CartProps) {
  const [leaving, setLeaving] = useState(false);
  const variants = new Map(data.products.flatMap((product) => product.variants.map((variant) => [variant.id, { ...variant, product }] as const)));
  const lines = Object.entries(shopping.cart).flatMap(([variantId, quantity]) => {
    const variant = variants.get(variantId);
    return variant ? [{ variant, quantity }] : [];
  });
  const total = lines.reduce((sum, { variant, quantity }) => sum + variant.priceMinor * quantity, 0);

  async function checkOut(): Promise<void> {
    setLeaving(true);
    const request: CheckoutRequest = {
      customerId: shopping.customerId,
      lines: lines.map(({ variant, quantity }) => ({ variantId: variant.id, quantity })),
      view: shopping.view,
    };
    const response = await fetch("/storefront/checkout", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) });
    const answer = (await response.json()) as { url?: string; error?: string };
    if (!answer.url) {
      setLeaving(false);
      return onProblem(answer.error ?? "The checkout did not open");
    }
    change({ cart: {} });
    location.href = answer.url;
  }

  return (
    <aside aria-label="Cart">
      <h2>Cart</h2>
      {lines.length === 0 && <p className="quiet">Nothing in it yet.</p>}
      <ul>
        {lines.map(({ variant, quantity }) => (
          <li key={variant.id}>
            <span>
              {variant.product.title}
              {variant.product.variants.length > 1 && <small> {variant.title}</small>}
            </span>
            <span className="quantity">
              <button type="button" aria-label={`One ${variant.product.title} less`} onClick={() => change({ cart: withQuantity(shopping.cart, variant.id, quantity - 1) })}>
                −
              </button>
              {quantity}
              <button type="button" aria-label={`One ${variant.product.title} more`} onClick={() => change({ cart: withQuantity(shopping.cart, variant.id, quantity + 1) })}>
                +
              </button>
            </span>
            <span>{money(variant.priceMinor * quantity, data.currency)}</span>
          </li>
        ))}
      </ul>
      <p className="total">
        <span>Total</span> <strong>{money(total, data.currency)}</strong>
      </p>
      <button type="button" className="checkout" disabled={lines.length === 0 || leaving} onClick={() => void checkOut()}>
        Checkout
      </button>
      <fieldset>
        <legend>Rewards extension</legend>
        {(["preact", "react"] as const).map((view) => (
          <label key={view}>
            <input type="radio" name="view" checked={shopping.view === view} onChange={() => change({ view })} />
            {view === "preact" ? "Preact (API 2026-07)" : "React (API 2025-07)"}
          </label>
        ))}
      </fieldset>
    </aside>
  );
}

function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

const root = document.getElementById("storefront");
if (root) createRoot(root).render(<Storefront />);
