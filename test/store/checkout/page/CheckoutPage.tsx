import { useState, useSyncExternalStore, type FormEvent } from "react";
import { formatMoney } from "../../../../app/lib/money";
import type { CheckoutState, PageSettings } from "../state";
import type { CheckoutStore } from "./checkoutStore";
import { ExtensionHost } from "./ExtensionHost";

interface PageProps {
  store: CheckoutStore;
  settings: PageSettings;
}

/** A checkout of one page: contact, delivery and payment on one side, the order on the other. */
export function CheckoutPage({ store, settings }: PageProps) {
  const state = useSyncExternalStore(store.subscribe, store.current);
  const inSummary = settings.target === "purchase.checkout.reductions.render-after";
  const extension = (
    <section className="extension" data-testid="extension">
      <ExtensionHost store={store} settings={settings} />
    </section>
  );
  return (
    <div className="page">
      <main className="steps">
        <h1 className="brand">{state.shop.name}</h1>
        <Contact state={state} />
        {inSummary ? null : extension}
        <Delivery />
        <Payment store={store} />
      </main>
      <aside className="summary" aria-label="Order summary">
        <Lines state={state} />
        <DiscountCode store={store} state={state} />
        {inSummary ? extension : null}
        <Totals state={state} />
      </aside>
    </div>
  );
}

function Contact({ state: { customer } }: { state: CheckoutState }) {
  return (
    <section>
      <h2>Contact</h2>
      {customer ? (
        <p className="field static"><span>{customer.name}</span><small>{customer.email}</small></p>
      ) : (
        <label className="field">Email<input type="email" name="email" autoComplete="email" defaultValue="guest@example.com" /></label>
      )}
    </section>
  );
}

function Delivery() {
  return (
    <section>
      <h2>Delivery</h2>
      <p className="field static"><span>Lindenstrasse 12, 10969 Berlin</span><small>Standard, 2 to 4 working days</small></p>
    </section>
  );
}

function Payment({ store }: { store: CheckoutStore }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [paying, setPaying] = useState(false);
  const pay = async () => {
    setPaying(true);
    setProblem(null);
    const paid = await store.pay();
    if (paid.outcome === "changed") return;
    setPaying(false);
    setProblem(paid.reason);
  };
  return (
    <section>
      <h2>Payment</h2>
      <p className="field static"><span>Test card</span><small>No money moves in the local store</small></p>
      {problem ? <p role="alert" className="problem">{problem}</p> : null}
      <button type="button" className="pay" aria-busy={paying} disabled={paying} onClick={() => void pay()}>Pay now</button>
    </section>
  );
}

function Lines({ state }: { state: CheckoutState }) {
  return (
    <ul className="lines">
      {state.lines.map((line) => (
        <li key={line.variantGid}>
          <span className="thumb">{line.imageUrl ? <img src={line.imageUrl} alt="" /> : null}<b>{line.quantity}</b></span>
          <span><span>{line.title}</span>{line.variantTitle ? <small>{line.variantTitle}</small> : null}</span>
          <span>{formatMoney(line.totalMinor, state.currency)}</span>
        </li>
      ))}
    </ul>
  );
}

function DiscountCode({ store, state }: { store: CheckoutStore; state: CheckoutState }) {
  const [code, setCode] = useState("");
  const [refused, setRefused] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() === "") return;
    const result = await store.apply(code.trim());
    setRefused(result.outcome === "refused" ? result.reason : null);
    if (result.outcome === "changed") setCode("");
  };
  return (
    <div>
      <form className="code" onSubmit={(event) => void submit(event)}>
        <input aria-label="Discount code" placeholder="Discount code" value={code} onChange={(event) => setCode(event.target.value)} />
        <button type="submit" disabled={code.trim() === ""}>Apply</button>
      </form>
      {refused ? <p role="alert" className="problem">{refused}</p> : null}
      <ul className="codes" aria-label="Applied discount codes">
        {state.codes.map(({ code: applied }) => (
          <li key={applied}>
            {applied} <button type="button" aria-label={`Remove ${applied}`} onClick={() => void store.remove(applied)}>×</button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Totals({ state }: { state: CheckoutState }) {
  const money = (minor: number) => formatMoney(minor, state.currency);
  return (
    <dl className="totals">
      <dt>Subtotal</dt><dd data-testid="subtotal">{money(state.subtotalMinor)}</dd>
      {state.discountMinor > 0 ? <><dt>Discount</dt><dd data-testid="discount">−{money(state.discountMinor)}</dd></> : null}
      <dt>Shipping</dt><dd>{state.shippingMinor === 0 ? "Free" : money(state.shippingMinor)}</dd>
      <dt className="total">Total</dt><dd className="total" data-testid="total"><small>{state.currency}</small> {money(state.totalMinor)}</dd>
    </dl>
  );
}
