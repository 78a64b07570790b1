/** The scripts and styles of these pages, bundled on first use: nothing to build before a store can start. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = path.dirname(fileURLToPath(import.meta.url));

export interface Asset {
  type: string;
  body: Uint8Array | string;
}

const bundles = new Map<string, Promise<Map<string, Asset>>>();

/** The asset at this address, or null. */
export async function findAsset(pathname: string): Promise<Asset | null> {
  switch (pathname) {
    case "/app-bridge.js":
    case "/shopifycloud/app-bridge.js":
      return (await bundled("bridge", "bridge/main.ts", false)).get("main.js") ?? null;
    case "/pages/admin.js":
    case "/pages/admin.css":
      return (await bundled("admin", "admin/main.tsx", true)).get(pathname.replace("/pages/admin", "main")) ?? null;
    case "/pages/storefront.js":
    case "/pages/storefront.css":
      return (await bundled("storefront", "storefront/main.tsx", true)).get(pathname.replace("/pages/storefront", "main")) ?? null;
    case "/pages/app-icon.svg":
      return { type: "image/svg+xml", body: APP_ICON };
    case "/pages/logo.svg":
      return { type: "image/svg+xml", body: LOGO };
    default:
      return null;
  }
}

function bundled(name: string, entry: string, minify: boolean): Promise<Map<string, Asset>> {
  const known = bundles.get(name);
  if (known) return known;
  const made = bundle(entry, minify);
  bundles.set(name, made);
  return made;
}

async function bundle(entry: string, minify: boolean): Promise<Map<string, Asset>> {
  const result = await build({
    entryPoints: [path.join(HERE, entry)],
    bundle: true,
    write: false,
    outdir: "/",
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    minify,
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
  });
  return new Map(
    result.outputFiles.map((file) => {
      const name = path.basename(file.path);
      return [name, { type: name.endsWith(".css") ? "text/css" : "text/javascript", body: file.contents }];
    }),
  );
}

const APP_ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="9" fill="#0b5c4b"/><path d="M8 14a3 3 0 0 1 3-3h18a3 3 0 0 1 3 3v3a3 3 0 0 0 0 6v3a3 3 0 0 1-3 3H11a3 3 0 0 1-3-3v-3a3 3 0 0 0 0-6z" fill="#f6f0df"/><path d="M16 25l8-10" stroke="#0b5c4b" stroke-width="2.4" stroke-linecap="round"/><circle cx="16" cy="16.5" r="2" fill="#0b5c4b"/><circle cx="24" cy="23.5" r="2" fill="#0b5c4b"/></svg>`;

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 110 24"><path d="M3 9l2-5h12l2 5v1a3 3 0 0 1-1 2v7H4v-7a3 3 0 0 1-1-2z" fill="none" stroke="#e3e3e3" stroke-width="1.6" stroke-linejoin="round"/><path d="M3 9h16M9 19v-4h4v4" stroke="#e3e3e3" stroke-width="1.6" fill="none"/><text x="27" y="17" font-family="Inter,system-ui,sans-serif" font-size="14" font-weight="650" fill="#e3e3e3">Local store</text></svg>`;
