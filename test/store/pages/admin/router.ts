/** Addresses of the admin: history, and one function through which every navigation goes. */
import { useSyncExternalStore } from "react";

const changed = new Set<() => void>();
/** Asked before every navigation; false keeps the person where they are (unsaved changes). */
const guards = new Set<(url: string) => boolean>();

const announce = () => changed.forEach((listener) => listener());
window.addEventListener("popstate", announce);

/** Goes to an address of the admin, unless a guard objects. */
export function navigate(url: string): void {
  for (const guard of guards) if (!guard(url)) return;
  history.pushState(null, "", url);
  announce();
}

/** Puts another address into the bar without a step in the history: the app moved inside its frame. */
export function showPath(url: string): void {
  history.replaceState(null, "", url);
  announce();
}

/** Adds a guard; the result removes it. */
export function addGuard(guard: (url: string) => boolean): () => void {
  guards.add(guard);
  return () => void guards.delete(guard);
}

/** The current path, without the query. */
export function usePath(): string {
  return useSyncExternalStore(
    (listener) => {
      changed.add(listener);
      return () => void changed.delete(listener);
    },
    () => location.pathname,
  );
}
