/** The sandbox of an extension up to 2025-07: components over remote-ui, the API as subscriptions. */
import { createEndpoint, retain, type MessageEndpoint } from "@remote-ui/rpc";
import { makeStatefulSubscribable, type RemoteSubscribable } from "@remote-ui/async-subscription";
import { makeI18n, type I18nData } from "./i18n";

type Fields = Record<string, unknown>;

/** What the page offers to the sandbox. */
export interface ReactCalls {
  reportError(text: string): Promise<void>;
}

/** What the page may ask of the sandbox. */
export interface ReactSandbox {
  load(scriptUrl: string): Promise<string[]>;
  render(target: string, channel: unknown, components: string[], api: Fields & { i18nData: I18nData }): Promise<void>;
}

type Extension = (root: { channel: unknown; components: string[] }, api: Fields) => unknown;

declare function importScripts(...urls: string[]): void;

const registered = new Map<string, Extension>();
Object.assign(globalThis, { shopify: { extend: (target: string, run: Extension) => void registered.set(target, run) } });

const endpoint = createEndpoint<ReactCalls>(self as unknown as MessageEndpoint, { callable: ["reportError"] });
const report = (error: unknown) => void endpoint.call.reportError(error instanceof Error ? (error.stack ?? error.message) : String(error));
self.addEventListener("error", (event) => report(event.error ?? event.message));
self.addEventListener("unhandledrejection", (event) => report(event.reason));

const sandbox: ReactSandbox = {
  async load(scriptUrl) {
    importScripts(scriptUrl);
    return [...registered.keys()];
  },
  async render(target, channel, components, { i18nData, ...api }) {
    retain(channel);
    retain(api);
    const run = registered.get(target);
    if (!run) throw new Error(`the extension registers nothing for ${target}`);
    await run({ channel, components }, { ...(revived(api) as Fields), i18n: makeI18n(i18nData) });
  },
};
endpoint.expose({ load: sandbox.load, render: sandbox.render });

/** The page sends `{initial, subscribe}`; the extension's hooks want `{current, subscribe, destroy}`. */
function revived(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (isSubscribable(value)) return makeStatefulSubscribable(value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revived(member)]));
}

function isSubscribable(value: object): value is RemoteSubscribable<unknown> {
  return "initial" in value && "subscribe" in value && typeof value.subscribe === "function";
}
