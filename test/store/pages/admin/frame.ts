/** The admin's end of the wire to the app's frame: what the app asked to be drawn, and how to speak to it. */
import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { isOurs, type Answers, type Asked, type BarItem, type FromFrame, type PickRequest, type SaveBarState, type ToastRequest, type ToFrame } from "../bridge/protocol";
import { appBase, base, boot, read } from "./api";
import { navigate, showPath } from "./router";

/** Parameters that Shopify adds to the frame's address and the merchant never sees. */
const HIDDEN_PARAMETERS = ["embedded", "hmac", "host", "id_token", "locale", "session", "shop", "timestamp"];

export interface FrameState {
  nav: BarItem[];
  title: { title: string; items: BarItem[] } | null;
  saveBar: SaveBarState | null;
  toasts: ToastRequest[];
  loading: boolean;
}

export interface Pending {
  request: PickRequest;
  resolve: (picked: unknown[] | null) => void;
}

export interface AppFrame {
  ref: RefObject<HTMLIFrameElement>;
  state: FrameState;
  pick: Pending | null;
  /** The app waits for a confirmation to leave unsaved changes behind. */
  leaving: (() => void) | null;
  tell(message: ToFrame): void;
  closePick(picked: unknown[] | null): void;
  closeLeaving(leave: boolean): void;
  dropToast(toast: string): void;
  addToast(message: string, isError: boolean): void;
  /** The frame is gone: only the app's navigation stays. */
  reset(): void;
}

const EMPTY: FrameState = { nav: [], title: null, saveBar: null, toasts: [], loading: false };

export function useAppFrame(): AppFrame {
  const ref = useRef<HTMLIFrameElement>(null);
  const [state, setState] = useState(EMPTY);
  const [pick, setPick] = useState<Pending | null>(null);
  const [leaving, setLeaving] = useState<(() => void) | null>(null);
  const saveBarOpen = useRef(false);
  saveBarOpen.current = state.saveBar !== null;

  const frame = useMemo(() => {
    const change = (part: Partial<FrameState>) => setState((before) => ({ ...before, ...part }));
    const tell = (message: ToFrame) => ref.current?.contentWindow?.postMessage({ localStore: true, ...message }, boot.app.origin);
    const addToast = (toast: ToastRequest) => setState((before) => ({ ...before, toasts: [...before.toasts, toast] }));
    const dropToast = (id: string) => setState((before) => ({ ...before, toasts: before.toasts.filter((toast) => toast.toast !== id) }));

    async function answer(message: Asked): Promise<Answers[Asked["type"]]> {
      switch (message.type) {
        case "idToken":
          return (await read<{ token: string }>("id-token")).token;
        case "user":
          return { id: 42, name: "Sam Merchant", email: "sam@example.com", accountAccess: "Full" };
        case "scopes":
          return read<Answers["scopes"]>("scopes");
        case "leaveConfirmation":
          if (!saveBarOpen.current) return true;
          return new Promise((resolve) => setLeaving(() => () => resolve(true)));
        case "pick":
          return new Promise((resolve) => setPick({ request: message.request, resolve }));
      }
    }

    function hear(message: FromFrame): void {
      switch (message.type) {
        case "nav":
          return change({ nav: message.items });
        case "title":
          return change({ title: message.title === null ? null : { title: message.title, items: message.items } });
        case "saveBar":
          return change({ saveBar: message.state });
        case "toast":
          return addToast(message.toast);
        case "toastHide":
          return dropToast(message.toast);
        case "loading":
          return change({ loading: message.on });
        case "path":
          return showPath(adminPathOf(message.path));
        case "open":
          return open(message.url);
        default:
          void answer(message).then((value) => tell({ type: "answer", question: message.question, answer: value }));
      }
    }

    return { hear, tell, dropToast, addToast, change };
  }, []);

  useEffect(() => {
    const onMessage = (event: MessageEvent) => {
      if (event.source !== ref.current?.contentWindow || event.origin !== boot.app.origin || !isOurs(event.data)) return;
      frame.hear(event.data as FromFrame);
    };
    window.addEventListener("message", onMessage);
    return () => window.removeEventListener("message", onMessage);
  }, [frame]);

  return {
    ref,
    state,
    pick,
    leaving,
    tell: frame.tell,
    dropToast: frame.dropToast,
    addToast: (message, isError) => frame.addToast({ toast: `own-${Date.now()}`, message, isError, action: null, durationMs: 5000 }),
    closePick(picked) {
      pick?.resolve(picked);
      setPick(null);
    },
    closeLeaving(leave) {
      if (leave) {
        frame.change({ saveBar: null });
        leaving?.();
      }
      setLeaving(null);
    },
    reset: () => frame.change({ title: null, saveBar: null, loading: false }),
  };
}

/** The address in the bar for an address inside the frame. */
function adminPathOf(path: string): string {
  const url = new URL(path, location.origin);
  for (const name of HIDDEN_PARAMETERS) url.searchParams.delete(name);
  return `${appBase}${url.pathname}${url.search}`;
}

/** Where the app wants the whole window to go: an address of this admin, or one of the world. */
function open(url: string): void {
  const inside = /^(?:shopify:\/*admin|https:\/\/admin\.shopify\.com\/store\/[^/]+|https:\/\/[^/]+\.myshopify\.com\/admin)(\/.*)?$/.exec(url);
  if (inside) navigate(`${base}${inside[1] ?? ""}`);
  else location.href = url;
}
