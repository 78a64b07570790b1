/** The state of this checkout in the browser, and the store's routes that change it. */
import type { CheckoutState, CodeChange } from "../state";

export interface CheckoutStore {
  current(): CheckoutState;
  subscribe(listener: () => void): () => void;
  apply(code: string): Promise<CodeChange>;
  remove(code: string): Promise<CodeChange>;
  /** Places the order and shows the thank-you page, or says why not. */
  pay(): Promise<CodeChange>;
  sessionToken(): Promise<string>;
}

export function createCheckoutStore(initial: CheckoutState): CheckoutStore {
  const address = (name: string) => `/checkout/${initial.token}/${name}`;
  const listeners = new Set<() => void>();
  let state = initial;

  async function ask<T>(name: string, body?: object): Promise<T> {
    const response = await fetch(address(name), {
      method: body ? "POST" : "GET",
      headers: { "Content-Type": "application/json" },
      body: body ? JSON.stringify(body) : null,
    });
    if (!response.ok) throw new Error(`${address(name)} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  async function change(name: "apply" | "remove" | "pay", body: object): Promise<CodeChange> {
    const changed = await ask<CodeChange>(name, body);
    state = changed.state;
    for (const listener of listeners) listener();
    return changed;
  }

  return {
    current: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    apply: (code) => change("apply", { code }),
    remove: (code) => change("remove", { code }),
    pay: async () => {
      const paid = await change("pay", {});
      if (paid.outcome === "changed") location.reload();
      return paid;
    },
    sessionToken: async () => (await ask<{ token: string }>("session-token")).token,
  };
}

/** The storage of the extension: lives as long as this checkout, where the browser keeps anything at all. */
export function extensionStorage(token: string) {
  const memory = new Map<string, string>();
  const keyOf = (key: string) => `extension:${token}:${key}`;
  const kept = <T,>(use: (storage: Storage) => T, otherwise: T): T => {
    try {
      return use(window.localStorage);
    } catch {
      return otherwise;
    }
  };
  return {
    read: async (key: string): Promise<unknown> => {
      const text = kept((storage) => storage.getItem(keyOf(key)), null) ?? memory.get(key) ?? null;
      return text === null ? null : (JSON.parse(text) as unknown);
    },
    write: async (key: string, value: unknown): Promise<void> => {
      memory.set(key, JSON.stringify(value));
      kept((storage) => storage.setItem(keyOf(key), JSON.stringify(value)), undefined);
    },
    delete: async (key: string): Promise<void> => {
      memory.delete(key);
      kept((storage) => storage.removeItem(keyOf(key)), undefined);
    },
  };
}
