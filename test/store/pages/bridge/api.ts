/** The `shopify` global, checked against Shopify's own types. What the app does not use says that it is not supported. */
import type { ShopifyGlobal } from "@shopify/app-bridge-types";
import type { BridgeConfig } from "./config";
import { ask, listen, tell } from "./port";
import type { PickRequest } from "./protocol";
import { idToken } from "./tokens";

type Showable = { show(): Promise<void>; hide(): Promise<void>; toggle(): Promise<void> };

/** Makes window.shopify. */
export function makeApi(config: BridgeConfig, embedded: boolean): ShopifyGlobal {
  return {
    config,
    origin: `https://${config.shop}`,
    ready: Promise.resolve(),
    environment: { embedded, mobile: false, pos: false, intent: false },
    setSignals: () => {},
    idToken: () => idToken(true),
    user: () => ask({ type: "user" }),
    loading: (on = true) => tell({ type: "loading", on }),
    toast: makeToast(),
    modal: { show: (id) => find(id).show(), hide: (id) => find(id).hide(), toggle: (id) => find(id).toggle() },
    saveBar: {
      show: (id) => find(id).show(),
      hide: (id) => find(id).hide(),
      toggle: (id) => find(id).toggle(),
      leaveConfirmation: async () => void (await ask({ type: "leaveConfirmation" })),
    },
    resourcePicker: pickResource,
    picker: async (options) => {
      const rows = options.items.map((item) => ({
        id: item.id,
        heading: item.heading,
        detail: (item.data ?? []).join(" · "),
        imageUrl: item.thumbnail?.url ?? null,
        value: item.id,
      }));
      const selectedIds = options.items.filter((item) => item.selected).map((item) => item.id);
      const answer = pick({ heading: options.heading, resource: null, rows, multiple: options.multiple ?? false, query: "", selectedIds });
      return { selected: answer.then((ids) => (ids as string[] | null) ?? undefined) };
    },
    scopes: { query: () => ask({ type: "scopes" }), request: refuse("scopes.request"), revoke: refuse("scopes.revoke") },
    app: { extensions: async () => [] },
    reviews: { request: async () => ({ success: false, code: "merchant-ineligible", message: "The local store takes no reviews" }) },
    support: { registerHandler: async () => {} },
    webVitals: { onReport: async () => {} },
    scanner: { capture: refuse("scanner.capture") },
    pos: { cart: unsupported("pos.cart"), close: refuse("pos.close"), device: refuse("pos.device"), location: refuse("pos.location") },
    intents: unsupported("intents"),
    shopifyQL: unsupported("shopifyQL"),
    tools: unsupported("tools"),
  };
}

function find(id: string): Showable {
  const element = document.getElementById(id);
  if (!element || !("show" in element)) throw new Error(`no App Bridge element has the id "${id}"`);
  return element as unknown as Showable;
}

function makeToast(): ShopifyGlobal["toast"] {
  const handlers = new Map<string, { onAction?: () => void; onDismiss?: () => void }>();
  let toasts = 0;
  listen((message) => {
    if (message.type === "toastAction") handlers.get(message.toast)?.onAction?.();
    if (message.type === "toastDismissed") handlers.get(message.toast)?.onDismiss?.();
  });
  return {
    show(message, options = {}) {
      const toast = `toast-${++toasts}`;
      handlers.set(toast, options);
      const { isError = false, action = null, duration: durationMs = 5000 } = options;
      tell({ type: "toast", toast: { toast, message, isError, action, durationMs } });
      return toast;
    },
    hide: (toast) => tell({ type: "toastHide", toast }),
  };
}

const pickResource: ShopifyGlobal["resourcePicker"] = async (options) => {
  const picked = await pick({
    heading: `${options.action === "select" ? "Select" : "Add"} ${options.type}s`,
    resource: options.type,
    rows: [],
    multiple: options.multiple ?? false,
    query: options.query ?? "",
    selectedIds: (options.selectionIds ?? []).map((item) => item.id),
  });
  // The admin answers with the store's resources of the asked type; the old `selection` property is the list itself.
  // Which type that is, is known to the caller's type parameter alone.
  return picked ? (Object.assign(picked, { selection: picked }) as never) : undefined;
};

function pick(request: PickRequest): Promise<unknown[] | null> {
  return ask({ type: "pick", request });
}

function refuse(name: string): () => never {
  return () => {
    throw new Error(`shopify.${name} is not supported by the local store's App Bridge`);
  };
}

/** An API whose every member refuses. */
function unsupported<Api extends object>(name: string): Api {
  return new Proxy({} as Api, { get: (_, member) => (member === "then" ? undefined : refuse(`${name}.${String(member)}`)()) });
}
