/** Which shop, which app: from the script tag, the page's meta tag and the address, remembered over navigations inside the frame. */
const MEMORY = "local-store-app-bridge";

export interface BridgeConfig {
  apiKey: string;
  host: string;
  shop: string;
  locale: string;
}

/** Reads the configuration; call while the script is being executed (it looks at its own tag). */
export function readConfig(): BridgeConfig {
  const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
  const meta = document.querySelector<HTMLMetaElement>("meta[name=shopify-api-key]");
  const query = new URLSearchParams(location.search);
  const before = recall();
  const config: BridgeConfig = {
    apiKey: script?.dataset.apiKey ?? meta?.content ?? before.apiKey ?? "",
    host: query.get("host") ?? before.host ?? "",
    shop: query.get("shop") ?? before.shop ?? "",
    locale: query.get("locale") ?? before.locale ?? "en",
  };
  remember(config);
  return config;
}

function recall(): Partial<BridgeConfig> {
  try {
    return JSON.parse(sessionStorage.getItem(MEMORY) ?? "{}") as Partial<BridgeConfig>;
  } catch {
    return {}; // storage of a third party is blocked in some browsers
  }
}

function remember(config: BridgeConfig): void {
  try {
    sessionStorage.setItem(MEMORY, JSON.stringify(config));
  } catch {
    // as above: every address then carries the parameters
  }
}
