import { redirect, type LoaderFunctionArgs } from "@remix-run/node";

/** Shopify opens the app at "/" with ?shop=…; the pages live under /app. Anybody else reads what this is. */
export function loader({ request }: LoaderFunctionArgs) {
  const url = new URL(request.url);
  if (url.searchParams.has("shop")) throw redirect(`/app${url.search}`);
  return null;
}

export default function Landing() {
  return (
    <main style={{ fontFamily: "system-ui, sans-serif", maxWidth: "36rem", margin: "4rem auto", padding: "0 1rem" }}>
      <h1>Scrip</h1>
      <p>Points that turn into coupons that work. Open it from the admin of a Shopify store.</p>
    </main>
  );
}
