import { createRoot } from "react-dom/client";
import type { CheckoutState, PageSettings } from "../state";
import { CheckoutPage } from "./CheckoutPage";
import { createCheckoutStore } from "./checkoutStore";

const root = document.getElementById("root");
const started = document.getElementById("start")?.textContent;
if (root && started) {
  const { state, settings } = JSON.parse(started) as { state: CheckoutState; settings: PageSettings };
  createRoot(root).render(<CheckoutPage store={createCheckoutStore(state)} settings={settings} />);
}
