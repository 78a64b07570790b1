import { reactExtension } from "@shopify/ui-extensions-react/checkout";
import { Rewards } from "./Rewards";

export default reactExtension("purchase.checkout.reductions.render-after", () => <Rewards />);
