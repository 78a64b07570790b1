/** The scripts of the checkout page, made when the store starts and kept in memory. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleExtension, CHECKOUT_EXTENSIONS } from "../../../scripts/build-extensions";
import { VIEWS, type Messages } from "./state";

export interface CheckoutBundles {
  /** By the name the browser asks for. */
  scripts: Map<string, string>;
  css: string;
  /** The extension's texts by language; "en" is the fallback. */
  messages: Map<string, Messages>;
}

export const EXTENSION_LANGUAGES = ["en", "de", "fr", "ar"] as const;

/** Builds page, sandboxes and both extensions; the extensions call `appUrl`. */
export async function buildCheckoutBundles({ appUrl }: { appUrl: string }): Promise<CheckoutBundles> {
  const own = [
    ["page.js", "page/main.tsx"],
    ["sandbox-preact.js", "worker/preact.ts"],
    ["sandbox-react.js", "worker/react.ts"],
  ] as const;
  const [scripts, extensions, css, messages] = await Promise.all([
    Promise.all(own.map(async ([name, entry]) => [name, await bundleOwn(entry)] as const)),
    Promise.all(VIEWS.map(async (view) => [`extension-${view}.js`, (await bundleExtension(view, { appUrl })).code] as const)),
    readFile(fileURLToPath(new URL("page/page.css", import.meta.url)), "utf8"),
    Promise.all(EXTENSION_LANGUAGES.map(async (language) => [language, await readMessages(language)] as const)),
  ]);
  return { scripts: new Map([...scripts, ...extensions]), css, messages: new Map(messages) };
}

async function bundleOwn(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    minify: true,
    jsx: "automatic",
    logLevel: "warning",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

/** Both extensions have the same texts; a test compares. */
async function readMessages(language: string): Promise<Messages> {
  const name = language === "en" ? "en.default.json" : `${language}.json`;
  const file = new URL(`../../../extensions/${CHECKOUT_EXTENSIONS.preact}/locales/${name}`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as Messages;
}
