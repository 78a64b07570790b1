/** Runs the extension as Shopify does: in a worker of an opaque origin, drawn by the page. */
import { RemoteReceiver } from "@remote-dom/core/receivers";
import { RemoteRootRenderer } from "@remote-dom/react/host";
import { release as releaseThread, retain as retainThread, ThreadWebWorker } from "@quilted/threads";
import { createRemoteSubscribable } from "@remote-ui/async-subscription";
import { createController, createRemoteReceiver, RemoteRenderer } from "@remote-ui/react/host";
import { createEndpoint, fromWebWorker } from "@remote-ui/rpc";
import { useEffect, useState } from "react";
import type { PageSettings } from "../state";
import type { PreactCalls, PreactSandbox } from "../worker/preact";
import type { ReactSandbox } from "../worker/react";
import { extensionStorage, type CheckoutStore } from "./checkoutStore";
import { components } from "./components";
import { elements } from "./elements";
import { applyDiscountCodeChange, liveMembers, plainMembers } from "./extensionApi";

interface HostProps {
  store: CheckoutStore;
  settings: PageSettings;
}

export function ExtensionHost(props: HostProps) {
  return props.settings.view === "react" ? <ReactHost {...props} /> : <PreactHost {...props} />;
}

/** A worker made from a data: address has no origin: its requests carry `Origin: null`, as those of a real extension. */
function sandboxWorker(name: string): Worker {
  const script = new URL(`/checkout/assets/${name}`, location.href).href;
  return new Worker(`data:text/javascript,${encodeURIComponent(`importScripts(${JSON.stringify(script)})`)}`);
}

function extensionUrl(view: string): string {
  return new URL(`/checkout/assets/extension-${view}.js`, location.href).href;
}

function reportError(error: unknown): void {
  console.error(`extension: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}

function i18nOf({ store, settings }: HostProps) {
  return { locale: settings.locale, currency: store.current().currency, messages: settings.messages, fallback: settings.fallbackMessages };
}

function PreactHost({ store, settings }: HostProps) {
  const [receiver] = useState(() => new RemoteReceiver({ retain: retainThread, release: releaseThread }));

  useEffect(() => {
    const worker = sandboxWorker("sandbox-preact.js");
    worker.addEventListener("error", (event) => reportError(event.message));
    const { imports } = new ThreadWebWorker<PreactSandbox>(worker);
    const state = store.current();
    const start = {
      scriptUrl: extensionUrl("preact"), target: settings.target, i18n: i18nOf({ store, settings }),
      plain: plainMembers(state, settings, "2026-07"), signals: liveMembers(state, settings),
    };
    imports.start(receiver.connection, start, preactCalls({ store, settings })).catch(reportError);
    const stop = store.subscribe(() => {
      for (const [path, value] of Object.entries(liveMembers(store.current(), settings))) imports.set(path, value).catch(reportError);
    });
    return () => {
      stop();
      worker.terminate();
    };
  }, [receiver, store, settings]);

  return <RemoteRootRenderer receiver={receiver} components={elements} />;
}

function preactCalls({ store, settings }: HostProps): PreactCalls {
  const storage = extensionStorage(store.current().token);
  return {
    sessionToken: () => store.sessionToken(),
    applyDiscountCodeChange: (change) => applyDiscountCodeChange(store, settings, change),
    storageRead: storage.read,
    storageWrite: storage.write,
    storageDelete: storage.delete,
    reportError: async (text) => reportError(text),
  };
}

function ReactHost({ store, settings }: HostProps) {
  const [receiver] = useState(() => createRemoteReceiver());
  const [controller] = useState(() => createController(components));

  useEffect(() => {
    const worker = sandboxWorker("sandbox-react.js");
    worker.addEventListener("error", (event) => reportError(event.message));
    const endpoint = createEndpoint<ReactSandbox>(fromWebWorker(worker), { callable: ["load", "render"] });
    endpoint.expose({ reportError: async (text: string) => reportError(text) });
    endpoint.call
      .load(extensionUrl("react"))
      .then(() => endpoint.call.render(settings.target, receiver.receive, Object.keys(components), reactApi({ store, settings })))
      .catch(reportError);
    return () => {
      endpoint.terminate();
      worker.terminate();
    };
  }, [receiver, store, settings]);

  return <RemoteRenderer receiver={receiver} controller={controller} />;
}

function reactApi({ store, settings }: HostProps) {
  const state = store.current();
  const members: Record<string, unknown> = plainMembers(state, settings, "2025-07");
  for (const [path, initial] of Object.entries(liveMembers(state, settings))) {
    members[path] = createRemoteSubscribable({
      current: initial,
      subscribe: (listener) => store.subscribe(() => void listener(liveMembers(store.current(), settings)[path])),
    });
  }
  return {
    ...nested(members),
    i18nData: i18nOf({ store, settings }),
    sessionToken: { get: () => store.sessionToken() },
    storage: extensionStorage(state.token),
    applyDiscountCodeChange: (change: { type: string; code: string }) => applyDiscountCodeChange(store, settings, change),
  };
}

/** {"cost.totalAmount": x} → {cost: {totalAmount: x}}. */
function nested(members: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, Record<string, unknown>> = {};
  const flat: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(members)) {
    const [first = path, second] = path.split(".");
    if (second === undefined) flat[first] = value;
    else (result[first] ??= {})[second] = value;
  }
  return { ...flat, ...result };
}
