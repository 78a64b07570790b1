/**
 * The local store's stand-in for https://cdn.shopify.com/shopifycloud/app-bridge.js: a classic script that must run before
 * the page's own.
 */
import { makeApi } from "./api";
import { readConfig } from "./config";
import { defineElements } from "./elements";
import { watchForms } from "./forms";
import { defineModal } from "./modal";
import { listen, tell } from "./port";
import { idToken, interceptFetch } from "./tokens";

if (!("shopify" in window)) start();

function start(): void {
  const config = readConfig();
  const embedded = window.top !== window;
  window.shopify = makeApi(config, embedded);
  defineElements();
  defineModal();
  if (!embedded) return returnToAdmin(config.host);

  const reload = new URLSearchParams(location.search).get("shopify-reload");
  if (reload) return void reloadWithToken(reload);
  interceptFetch();
  interceptTop();
  watchForms();
  reportPaths();
  listen((message) => {
    if (message.type === "navigate") navigate(message.href);
  });
}

/** Opened outside the admin, the app is of no use: the script sends the person where it is embedded. */
function returnToAdmin(host: string): void {
  if (host) location.replace(`https://${atob(host)}/apps/${window.shopify.config.apiKey}${location.pathname}`);
}

/** The library's bounce page: it only wants the address again, with a token. */
async function reloadWithToken(address: string): Promise<void> {
  const url = new URL(address, location.href);
  url.searchParams.set("id_token", await idToken(true));
  location.replace(url.href);
}

/** What would leave the frame goes through the admin, which knows its own addresses. */
function interceptTop(): void {
  const nativeOpen = window.open.bind(window);
  window.open = (url, target, features) => {
    if (target !== "_top" && target !== "_parent") return nativeOpen(url, target, features);
    if (url) tell({ type: "open", url: new URL(url, location.href).href });
    return null;
  };
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (!link) return;
    const toTop = link.target === "_top" || link.target === "_parent";
    if (!toTop && link.protocol !== "shopify:") return;
    event.preventDefault();
    tell({ type: "open", url: link.href });
  });
}

/** The admin's address bar follows the app. */
function reportPaths(): void {
  const report = () => tell({ type: "path", path: location.pathname + location.search });
  for (const method of ["pushState", "replaceState"] as const) {
    const native = history[method].bind(history);
    history[method] = (...state) => {
      native(...state);
      report();
    };
  }
  window.addEventListener("popstate", report);
  report();
}

/** The app's router hears of a press in the admin's navigation through a link that asks for it. */
function navigate(href: string): void {
  const link = document.createElement("a");
  link.setAttribute("href", href);
  document.body.append(link);
  link.dispatchEvent(new CustomEvent("shopify:navigate", { bubbles: true }));
  link.remove();
}
