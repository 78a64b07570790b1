/** What the App Bridge stand-in inside the app's frame and the admin page around it say to each other by postMessage. */

/** A button or link of the app that the admin draws; `button` finds the element again when it is pressed. */
export interface BarItem {
  button: number;
  text: string;
  href: string | null;
  rel: string | null;
  primary: boolean;
  critical: boolean;
  disabled: boolean;
  loading: boolean;
}

export interface ToastRequest {
  toast: string;
  message: string;
  isError: boolean;
  action: string | null;
  durationMs: number;
}

export interface SaveBarState {
  save: BarItem | null;
  discard: BarItem | null;
  discardConfirmation: boolean;
}

/** One thing a person can pick; `value` is what the app gets back. */
export interface PickRow {
  id: string;
  heading: string;
  detail: string;
  imageUrl: string | null;
  value: unknown;
}

export interface PickRequest {
  heading: string;
  /** Null: the rows are given; else the store is asked for them. */
  resource: "product" | "variant" | "collection" | "customer" | null;
  rows: PickRow[];
  multiple: boolean | number;
  query: string;
  selectedIds: string[];
}

/** The app tells; nothing is answered. */
export type Told =
  | { type: "nav"; items: BarItem[] }
  | { type: "title"; title: string | null; items: BarItem[] }
  | { type: "saveBar"; state: SaveBarState | null }
  | { type: "toast"; toast: ToastRequest }
  | { type: "toastHide"; toast: string }
  | { type: "loading"; on: boolean }
  | { type: "path"; path: string }
  | { type: "open"; url: string };

/** The app asks; `Answers` says what it gets. */
export type Asked =
  | { type: "idToken" }
  | { type: "user" }
  | { type: "scopes" }
  | { type: "leaveConfirmation" }
  | { type: "pick"; request: PickRequest };

export interface Answers {
  idToken: string;
  user: { id: number; name: string; email: string; accountAccess: string };
  scopes: { granted: string[]; required: string[]; optional: string[] };
  /** Comes only when the person agrees to leave. */
  leaveConfirmation: true;
  /** Null: the dialog was closed. */
  pick: unknown[] | null;
}

/** The admin tells the app. */
export type ToFrame =
  | { type: "navigate"; href: string }
  | { type: "press"; button: number }
  | { type: "toastAction"; toast: string }
  | { type: "toastDismissed"; toast: string }
  | { type: "answer"; question: number; answer: Answers[Asked["type"]] };

/** The envelope of every message; `question` is set when an answer is awaited. */
export type FromFrame = { localStore: true } & (Told | (Asked & { question: number }));
export type Envelope<Message> = { localStore: true } & Message;

/** Whether a message event's data is one of ours; other scripts post messages, too. */
export function isOurs(data: unknown): data is { localStore: true } {
  return typeof data === "object" && data !== null && "localStore" in data && data.localStore === true;
}
