import type { HeadersFunction, LinksFunction, LoaderFunctionArgs } from "@remix-run/node";
import { Link, Outlet, isRouteErrorResponse, useLoaderData, useNavigation, useRouteError, useRouteLoaderData } from "@remix-run/react";
import { NavMenu, useAppBridge } from "@shopify/app-bridge-react";
import polarisStyles from "@shopify/polaris/build/esm/styles.css?url";
import { AppProvider } from "@shopify/shopify-app-remix/react";
import { boundary } from "@shopify/shopify-app-remix/server";
import { useEffect } from "react";
import { env } from "../../lib/env.server";
import longWords from "../../ui/long-words.css?url";
import { ProblemPage } from "../../ui/problem-page";
import { ShopProvider } from "../../ui/shop";
import { openAdmin } from "./door.server";

export { shouldRevalidate } from "../../ui/not-reached";

export const links: LinksFunction = () => [polarisStyles, longWords].map((href) => ({ rel: "stylesheet", href }));

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const { name, domain, currency, timeZone, pointsName } = shop;
  return { apiKey: env.SHOPIFY_API_KEY, shop: { name, domain, currency, timeZone, pointsName } };
}

export default function AdminLayout() {
  const { apiKey, shop } = useLoaderData<typeof loader>();
  return (
    <AppProvider isEmbeddedApp apiKey={apiKey}>
      <LoadingBar />
      <Navigation />
      <ShopProvider value={shop}>
        <main>
          <Outlet />
        </main>
      </ShopProvider>
    </AppProvider>
  );
}

function Navigation() {
  return (
    <NavMenu>
      <Link to="/app" rel="home">
        Home
      </Link>
      <Link to="/app/awards">Awards</Link>
      <Link to="/app/redemptions">Redemptions</Link>
      <Link to="/app/customers">Customers</Link>
      <Link to="/app/earning">Earning</Link>
      <Link to="/app/activity">Activity</Link>
      <Link to="/app/settings">Settings</Link>
    </NavMenu>
  );
}

/** The admin's own loading bar, while a page is on its way. */
function LoadingBar() {
  const shopify = useAppBridge();
  const busy = useNavigation().state !== "idle";
  useEffect(() => {
    shopify.loading(busy);
  }, [shopify, busy]);
  return null;
}

/** What the library throws (a bounce for a fresh token) goes to the library; everything else is said in words. */
export function ErrorBoundary() {
  const error = useRouteError();
  const layout = useRouteLoaderData<typeof loader>("routes/admin/layout");
  if (isRouteErrorResponse(error) && typeof error.data === "string") return boundary.error(error);
  return (
    <AppProvider isEmbeddedApp apiKey={layout?.apiKey ?? ""}>
      <Navigation />
      <main>
        <ProblemPage error={isRouteErrorResponse(error) ? error.data : null} />
      </main>
    </AppProvider>
  );
}

export const headers: HeadersFunction = (args) => boundary.headers(args);
