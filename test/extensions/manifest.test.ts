import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { bundleExtension, CHECKOUT_EXTENSIONS, COMPRESSED_LIMIT_BYTES, readManifest, type CheckoutView } from "#scripts/build-extensions.ts";
import { TEXT_KEYS } from "../../extensions/rewards-flow/src/texts";

const VIEWS: CheckoutView[] = ["preact", "react"];
const LANGUAGES = ["en.default", "de", "fr", "ar"];
const TARGETS = ["purchase.checkout.block.render", "purchase.checkout.reductions.render-after"];

async function fileOf(view: CheckoutView, name: string): Promise<string> {
  return readFile(new URL(`../../extensions/${CHECKOUT_EXTENSIONS[view]}/${name}`, import.meta.url), "utf8");
}

/** {"a":{"b":"x"}} → {"a.b": "x"}. */
function flat(messages: object, prefix = ""): Record<string, string> {
  return Object.assign({}, ...Object.entries(messages).map(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null ? flat(value, `${prefix}${key}.`) : { [prefix + key]: value },
  )) as Record<string, string>;
}

function placeholders(text: string | undefined): string[] {
  return [...new Set([...(text ?? "").matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name))].sort();
}

describe("what Shopify is told about the extensions", () => {
  // React ends with 2025-07: a React extension with a later version builds without a word and fails in the checkout.
  test.each([
    ["react", "2025-07"],
    ["preact", "2026-07"],
  ] as const)("the %s view is for API %s, in both places of the checkout", async (view, apiVersion) => {
    const manifest = await readManifest(view);
    expect(manifest.apiVersion).toBe(apiVersion);
    expect(manifest.targets.map(({ target }) => target)).toEqual(TARGETS);
  });

  test.each([
    ["react", "@shopify/ui-extensions-react", "2025.7"],
    ["preact", "@shopify/ui-extensions", "2026.7"],
  ] as const)("the %s view is built with the packages of its API version", async (view, name, version) => {
    const { dependencies } = JSON.parse(await fileOf(view, "package.json")) as { dependencies: Record<string, string> };
    expect(dependencies[name]).toMatch(new RegExp(`^${version.replace(".", "\\.")}\\.`));
    const [year, month] = version.split(".");
    expect((await readManifest(view)).apiVersion).toBe(`${year}-${month?.padStart(2, "0")}`);
  });

  test.each(VIEWS)("the %s view may ask the app, and differs from the other in nothing a merchant sets", async (view) => {
    const toml = await fileOf(view, "shopify.extension.toml");
    expect(toml).toContain("network_access = true");
    expect(toml).toContain("api_access = true");
    const settings = (text: string) => text.slice(text.indexOf("[extensions.settings]"));
    expect(settings(toml)).toBe(settings(await fileOf("preact", "shopify.extension.toml")));
  });

  test.each(VIEWS)("the %s script registers both targets, calls the given app and keeps within the limit", async (view) => {
    const { code, compressedBytes } = await bundleExtension(view, { appUrl: "https://app.example.com/" });
    for (const target of TARGETS) expect(code).toContain(target);
    expect(code).toContain('"https://app.example.com"');
    expect(code).not.toContain("SCRIP_APP_URL");
    expect(compressedBytes).toBeLessThan(COMPRESSED_LIMIT_BYTES);
  });
});

describe("texts", () => {
  test.each(LANGUAGES)("%s is the same in both views and has every text, none beside, with the same values", async (language) => {
    const [preact, react, english] = await Promise.all([
      fileOf("preact", `locales/${language}.json`), fileOf("react", `locales/${language}.json`), fileOf("preact", "locales/en.default.json"),
    ]);
    expect(react).toBe(preact);
    const texts = flat(JSON.parse(preact) as object);
    const originals = flat(JSON.parse(english) as object);
    expect(Object.keys(texts).sort()).toEqual([...TEXT_KEYS].sort());
    for (const key of TEXT_KEYS) {
      expect(texts[key], key).toMatch(/\S/);
      expect(placeholders(texts[key]), key).toEqual(placeholders(originals[key]));
      if (language !== "en.default" && (texts[key]?.length ?? 0) > 25) expect(texts[key], key).not.toBe(originals[key]);
    }
  });

  test("every text is used, and only such texts are asked for", async () => {
    const source = (await Promise.all(
      ["screen", "sample"].map((name) => readFile(new URL(`../../extensions/rewards-flow/src/${name}.ts`, import.meta.url), "utf8")),
    )).join("\n");
    const built = (key: string) => key === "name" || /^error\.(offline|server|session)$/.test(key);
    expect(TEXT_KEYS.filter((key) => !built(key) && !source.includes(`"${key}"`))).toEqual([]);
  });
});
