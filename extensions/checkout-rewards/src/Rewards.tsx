import { useApi, useSettings } from "@shopify/ui-extensions-react/checkout";
import { useEffect, useReducer, useState } from "react";
import { screenOf } from "rewards-flow/screen";
import { flowIn } from "rewards-flow/surface";
import type { Wording } from "rewards-flow/texts";
import { readingsOf, type CheckoutApi } from "./readings";
import { RewardsScreen } from "./RewardsScreen";

/** The extension in either of its targets. */
export function Rewards() {
  const api = useApi<"purchase.checkout.block.render">();
  const settings = useSettings<{ heading?: string; guest_text?: string }>();
  const [flow] = useState(() => flowIn(api, readingsOf(api), wordingOf(api), process.env.SCRIP_APP_URL));
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [expanded, setExpanded] = useState(false);

  useEffect(() => {
    const stop = flow.subscribe(redraw);
    void flow.load();
    return stop;
  }, [flow]);

  useEffect(() => {
    const changed = () => void flow.checkoutChanged();
    const stops = [
      api.discountCodes.subscribe(changed),
      api.instructions.subscribe(changed),
      api.cost.subtotalAmount.subscribe(changed),
    ];
    return () => stops.forEach((stop) => stop());
  }, [api, flow]);

  const screen = screenOf(flow.getState(), wordingOf(api), { heading: settings.heading, guestText: settings.guest_text, expanded });
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
