/** The admin of the local store: the app in its frame, and simple pages of the store's own. */
import "@shopify/polaris/build/esm/styles.css";
import "./admin.css";
import { AppProvider, Page, Text } from "@shopify/polaris";
import type { LinkLikeComponentProps } from "@shopify/polaris/build/ts/src/utilities/link";
import english from "@shopify/polaris/locales/en.json";
import { forwardRef, type MouseEvent } from "react";
import { createRoot } from "react-dom/client";
import { appBase, base } from "./api";
import { AppPage } from "./app-page";
import { DiscountPage, DiscountsPage } from "./discounts";
import { useAppFrame, type AppFrame } from "./frame";
import { OrderPage, OrdersPage } from "./orders";
import { CustomersPage, ProductsPage } from "./people-and-products";
import { Picker } from "./picker";
import { navigate, usePath } from "./router";
import { SettingsPage } from "./settings";
import { Shell } from "./shell";
import { WebhooksPage } from "./webhooks";

/** Links inside the admin do not load the document anew. */
const AdminLink = forwardRef<HTMLAnchorElement, LinkLikeComponentProps>(function AdminLink({ url, external, children, onClick, ...rest }, ref) {
  const inside = !external && url.startsWith(base);
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (!inside || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigate(url);
  };
  return (
    <a ref={ref} href={url} onClick={follow} {...(external ? { target: "_blank", rel: "noopener" } : {})} {...rest}>
      {children}
    </a>
  );
});

function Admin() {
  const frame = useAppFrame();
  return (
    <AppProvider i18n={english} linkComponent={AdminLink}>
      <Shell frame={frame}>
        <Pages frame={frame} />
        {frame.pick && <Picker request={frame.pick.request} onClose={frame.closePick} />}
      </Shell>
    </AppProvider>
  );
}

function Pages({ frame }: { frame: AppFrame }) {
  const path = usePath();
  if (path.startsWith(appBase)) return <AppPage frame={frame} path={`${path.slice(appBase.length)}${location.search}`} />;
  const [page, id] = path.slice(base.length + 1).split("/");
  switch (page) {
    case "orders":
      return id ? <OrderPage id={id} report={frame.addToast} /> : <OrdersPage />;
    case "discounts":
      return id ? <DiscountPage id={id} report={frame.addToast} /> : <DiscountsPage />;
    case "customers":
      return <CustomersPage />;
    case "products":
      return <ProductsPage />;
    case "webhooks":
      return <WebhooksPage report={frame.addToast} />;
    case "settings":
      return <SettingsPage report={frame.addToast} />;
    default:
      return (
        <Page title="Not here">
          <Text as="p">The local store’s admin has no page at {path}.</Text>
        </Page>
      );
  }
}

const root = document.getElementById("admin");
if (root) createRoot(root).render(<Admin />);
