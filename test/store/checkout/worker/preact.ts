/** The sandbox of a 2025-10 or later extension: s-* elements of a remote document, the API as signals on `shopify`. */
import "@remote-dom/core/polyfill";
import { RemoteFragmentElement, RemoteRootElement, type RemoteConnection } from "@remote-dom/core/elements";
import { signal } from "@preact/signals-core";
import { retain, ThreadWebWorker } from "@quilted/threads";
import { defineElements } from "./elements";
import { makeI18n, type I18nData } from "./i18n";

interface SignalLike {
  value: unknown;
}
type SignalClass = new (value: unknown) => SignalLike;
type Fields = { [name: string]: unknown };

/** What the page tells the sandbox to start with. */
export interface PreactStart {
  scriptUrl: string;
  target: string;
  i18n: I18nData;
  /** Plain members of the API by dotted path. */
  plain: Record<string, unknown>;
  /** Members the API gives as signals, by dotted path. */
  signals: Record<string, unknown>;
}

/** What the sandbox may ask of the page. */
export interface PreactCalls {
  sessionToken(): Promise<string>;
  applyDiscountCodeChange(change: { type: string; code: string }): Promise<{ type: "success" } | { type: "error"; message: string }>;
  storageRead(key: string): Promise<unknown>;
  storageWrite(key: string, value: unknown): Promise<void>;
  storageDelete(key: string): Promise<void>;
  reportError(text: string): Promise<void>;
}

/** What the page may ask of the sandbox. */
export interface PreactSandbox {
  start(connection: RemoteConnection, start: PreactStart, calls: PreactCalls): Promise<void>;
  set(path: string, value: unknown): Promise<void>;
}

declare function importScripts(...urls: string[]): void;

customElements.define("remote-root", RemoteRootElement);
customElements.define("remote-fragment", RemoteFragmentElement);
defineElements();

const registered = new Map<string, () => unknown>();
const signals = new Map<string, SignalLike>();
let ExtensionSignal: SignalClass | null = null;

const shopify: Fields = {
  extend: (target: string, run: () => unknown) => void registered.set(target, run),
  // The extension brings its own copy of the signals library; only that copy's signals redraw its components.
  setSignals: (given: SignalClass) => {
    ExtensionSignal = given;
  },
};
Object.assign(globalThis, { shopify });

function place(path: string, value: unknown): void {
  const names = path.split(".");
  const last = names.pop() ?? path;
  let at = shopify;
  for (const name of names) at = (at[name] ??= {}) as Fields;
  at[last] = value;
}

async function start(connection: RemoteConnection, { scriptUrl, target, i18n, plain, signals: values }: PreactStart, calls: PreactCalls) {
  retain(connection);
  retain(calls);
  const report = (error: unknown) => void calls.reportError(error instanceof Error ? (error.stack ?? error.message) : String(error));
  self.addEventListener("error", (event) => report(event.error ?? event.message));
  self.addEventListener("unhandledrejection", (event) => report(event.reason));

  const root = document.createElement("remote-root") as RemoteRootElement;
  Object.defineProperty(document, "body", { value: root, configurable: true });
  for (const [path, value] of Object.entries(plain)) place(path, value);
  place("i18n", makeI18n(i18n));
  place("sessionToken.get", () => calls.sessionToken());
  place("storage", { read: calls.storageRead, write: calls.storageWrite, delete: calls.storageDelete });
  place("applyDiscountCodeChange", (change: { type: string; code: string }) => calls.applyDiscountCodeChange(change));

  importScripts(scriptUrl);
  for (const [path, value] of Object.entries(values)) {
    const made: SignalLike = ExtensionSignal ? new ExtensionSignal(value) : signal(value);
    signals.set(path, made);
    place(path, made);
  }
  const run = registered.get(target);
  if (!run) throw new Error(`the extension registers nothing for ${target}`);
  root.connect(connection);
  await run();
}

const sandbox: PreactSandbox = {
  start,
  async set(path, value) {
    const made = signals.get(path);
    if (made) made.value = value;
  },
};
new ThreadWebWorker(self as unknown as Worker, { exports: sandbox });
