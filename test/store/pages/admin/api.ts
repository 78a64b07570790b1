/** Reads and actions of the store behind the admin's own pages. */
import { useCallback, useEffect, useState } from "react";
import type { Boot } from "./data";

const element = document.getElementById("boot");
export const boot = JSON.parse(element?.textContent ?? "null") as Boot;
export const base = `/store/${boot.name}`;
export const appBase = `${base}/apps/${boot.app.handle}`;

/** One reading of the store. Throws with what the store said. */
export async function read<Answer>(path: string): Promise<Answer> {
  return answerOf(await fetch(`${base}/data/${path}`));
}

/** One action on the store. Throws with what the store said. */
export async function act<Answer = unknown>(path: string, body: unknown = {}): Promise<Answer> {
  return answerOf(await fetch(`${base}/control/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }));
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const answer = (await response.json()) as Answer & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `the store answered ${response.status}`);
  return answer;
}

/** A reading for a page, and a way to read again. */
export function useData<Answer>(path: string): { data: Answer | null; problem: string | null; reload: () => void } {
  const [state, setState] = useState<{ path: string; data: Answer | null; problem: string | null }>({ path, data: null, problem: null });
  const reload = useCallback(() => {
    read<Answer>(path).then(
      (data) => setState({ path, data, problem: null }),
      (error: Error) => setState({ path, data: null, problem: error.message }),
    );
  }, [path]);
  useEffect(reload, [reload]);
  return state.path === path ? { ...state, reload } : { data: null, problem: null, reload };
}

/** A moment as the merchant reads it. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}

/** The number at the end of a gid, as it stands in addresses. */
export function tail(gid: string): string {
  return gid.slice(gid.lastIndexOf("/") + 1);
}
