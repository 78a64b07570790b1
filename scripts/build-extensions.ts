import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const EXTENSIONS_DIR = fileURLToPath(new URL("../extensions", import.meta.url));

/** The two views of the same checkout extension, by folder. */
export const CHECKOUT_EXTENSIONS = { preact: "checkout-rewards-preact", react: "checkout-rewards" } as const;
export type CheckoutView = keyof typeof CHECKOUT_EXTENSIONS;

/** Shopify refuses a checkout extension whose script is larger than this when compressed. */
export const COMPRESSED_LIMIT_BYTES = 64 * 1024;

/** What an extension's shopify.extension.toml says that a build has to know. */
export interface ExtensionManifest {
  apiVersion: string;
  targets: { target: string; module: string }[];
}

export interface ExtensionBundle {
  view: CheckoutView;
  code: string;
  bytes: number;
  compressedBytes: number;
}

/** Reads the API version and the targets from an extension's shopify.extension.toml. */
export async function readManifest(view: CheckoutView): Promise<ExtensionManifest> {
  const toml = await readFile(path.join(EXTENSIONS_DIR, CHECKOUT_EXTENSIONS[view], "shopify.extension.toml"), "utf8");
  const apiVersion = /^api_version = "(.+)"$/m.exec(toml)?.[1];
  const targets = [...toml.matchAll(/\[\[extensions\.targeting\]\]\s+module = "(.+)"\s+target = "(.+)"/g)].map(
    ([, module = "", target = ""]) => ({ module, target }),
  );
  if (!apiVersion || targets.length === 0) throw new Error(`${CHECKOUT_EXTENSIONS[view]}: no api_version or no target in shopify.extension.toml`);
  return { apiVersion, targets };
}

/** The extension as one script, built as Shopify's CLI builds it. `appUrl` takes the place of process.env.SCRIP_APP_URL. */
export async function bundleExtension(view: CheckoutView, { appUrl }: { appUrl: string }): Promise<ExtensionBundle> {
  const folder = path.join(EXTENSIONS_DIR, CHECKOUT_EXTENSIONS[view]);
  const manifest = await readManifest(view);
  const { outputFiles } = await build({
    stdin: { contents: entryOf(view, manifest), resolveDir: folder, loader: "ts" },
    bundle: true,
    write: false,
    format: "iife",
    target: "es2020",
    minify: true,
    jsx: "automatic",
    jsxImportSource: view,
    legalComments: "none",
    logLevel: "warning",
    define: {
      "process.env.NODE_ENV": '"production"',
      "process.env.SCRIP_APP_URL": JSON.stringify(appUrl.replace(/\/+$/, "")),
    },
  });
  const code = outputFiles[0]?.text ?? "";
  return { view, code, bytes: Buffer.byteLength(code), compressedBytes: gzipSync(code).length };
}

/** Builds both views into `outDir`, or each into its own dist/. Returns where, and how large. */
export async function buildExtensions({ appUrl, outDir }: { appUrl: string; outDir?: string }): Promise<(ExtensionBundle & { file: string })[]> {
  const views: CheckoutView[] = ["preact", "react"];
  return Promise.all(
    views.map(async (view) => {
      const bundle = await bundleExtension(view, { appUrl });
      const name = CHECKOUT_EXTENSIONS[view];
      const folder = outDir ?? path.join(EXTENSIONS_DIR, name, "dist");
      const file = path.join(folder, `${name}.js`);
      await mkdir(folder, { recursive: true });
      await writeFile(file, bundle.code);
      return { ...bundle, file };
    }),
  );
}

/** The discount Function, by folder. */
export const FUNCTION_EXTENSION = "award-discount";

export interface FunctionManifest {
  apiVersion: string;
  handle: string;
  name: string;
  description: string;
  /** The metafield whose value holds the variables of the input queries. */
  variables: { namespace: string; key: string };
  targets: { target: string; inputQuery: string; export: string }[];
}

/** Reads what the Function's shopify.extension.toml says. */
export async function readFunctionManifest(): Promise<FunctionManifest> {
  const toml = await readFile(path.join(EXTENSIONS_DIR, FUNCTION_EXTENSION, "shopify.extension.toml"), "utf8");
  const word = (key: string) => new RegExp(`^\\s*${key} = "(.+)"$`, "m").exec(toml)?.[1] ?? "";
  const targets = [...toml.matchAll(/target = "(.+)"\s+input_query = "(.+)"\s+export = "(.+)"/g)].map(([, target = "", inputQuery = "", exported = ""]) => ({ target, inputQuery, export: exported }));
  if (targets.length === 0) throw new Error(`${FUNCTION_EXTENSION}: no target in shopify.extension.toml`);
  return { apiVersion: word("api_version"), handle: word("handle"), name: word("name"), description: word("description"), variables: { namespace: word("namespace"), key: word("key") }, targets };
}

/** An input query's text. */
export async function readInputQuery(file: string): Promise<string> {
  return readFile(path.join(EXTENSIONS_DIR, FUNCTION_EXTENSION, file), "utf8");
}

/**
 * The Function as one script that leaves its exports in the global `discountFunction`: each reads its input and writes its
 * output through the global ShopifyFunction, as in the module that Shopify's CLI makes.
 */
export async function bundleFunction(): Promise<string> {
  const { targets } = await readFunctionManifest();
  const names = targets.map((target) => target.export.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()));
  const run = (name: string) => `export const ${name} = () => ShopifyFunction.writeOutput(functions.${name}(ShopifyFunction.readInput()));`;
  const { outputFiles } = await build({
    stdin: { contents: ['import * as functions from "./src/index.ts";', ...names.map(run)].join("\n"), resolveDir: path.join(EXTENSIONS_DIR, FUNCTION_EXTENSION), loader: "js" },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "discountFunction",
    target: "es2020",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}

/** React modules register themselves; from 2025-10 on a module exports what is to be registered. */
function entryOf(view: CheckoutView, { targets }: ExtensionManifest): string {
  if (view === "react") return targets.map(({ module }) => `import "${module}";`).join("\n");
  return targets
    .map(({ module, target }, n) => `import target${n} from "${module}";\nshopify.extend("${target}", (...given) => target${n}(...given));`)
    .join("\n");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const appUrl = process.env.SCRIP_APP_URL ?? process.env.SHOPIFY_APP_URL;
  if (!appUrl) {
    console.error("Set SCRIP_APP_URL (or SHOPIFY_APP_URL) to the app's public address: the extensions call it from the checkout.");
    process.exit(1);
  }
  for (const { file, bytes, compressedBytes } of await buildExtensions({ appUrl })) {
    const kilobytes = (size: number) => `${(size / 1024).toFixed(1)} kB`;
    console.log(`${path.relative(process.cwd(), file)}  ${kilobytes(bytes)}, compressed ${kilobytes(compressedBytes)}`);
  }
}
