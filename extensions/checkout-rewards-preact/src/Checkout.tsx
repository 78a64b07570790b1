import "@shopify/ui-extensions/preact";
import { useApi } from "@shopify/ui-extensions/checkout/preact";
import { render } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import { screenOf } from "rewards-flow/screen";
import { flowIn } from "rewards-flow/surface";
import type { Wording } from "rewards-flow/texts";
import type { CheckoutApi } from "./api";
import { readingsOf } from "./readings";
import { RewardsScreen } from "./RewardsScreen";

/** Called by the checkout for each of the extension's targets. */
export default function extension(): void {
  render(<Rewards />, document.body);
}

function Rewards() {
  const api = useApi("purchase.checkout.block.render");
  const [flow] = useState(() => flowIn(api, readingsOf(api), wordingOf(api), process.env.SCRIP_APP_URL));
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [expanded, setExpanded] = useState(false);

  useEffect(() => {
    const stop = flow.subscribe(() => redraw(undefined));
    void flow.load();
    return stop;
  }, [flow]);

  useEffect(() => {
    const changed = () => void flow.checkoutChanged();
    const stops = [api.discountCodes, api.instructions, api.cost.subtotalAmount].map((signal) => signal.subscribe(changed));
    return () => stops.forEach((stop) => stop());
  }, [api, flow]);

  const { heading, guest_text: guestText } = api.settings.value;
  const screen = screenOf(flow.getState(), wordingOf(api), { heading: text(heading), guestText: text(guestText), expanded });
  return <RewardsScreen screen={screen} press={(action) => void flow.press(action)} showAll={() => setExpanded(true)} />;
}

function wordingOf({ i18n }: CheckoutApi): Wording {
  return {
    translate: (key, values) => i18n.translate(key, values),
    formatNumber: (value) => i18n.formatNumber(value),
    formatMoney: (value, currency) => i18n.formatCurrency(value, { currency }),
    formatDate: (value) => i18n.formatDate(value, { dateStyle: "medium" }),
  };
}

/** A setting the merchant has left alone is undefined. */
function text(setting: unknown): string | undefined {
  return typeof setting === "string" ? setting : undefined;
}
