/** Kills the sync at a chosen point: the call is made or not, and whoever made it never goes on. */
import type { AdminPort, OpenAdmin } from "#app/shopify/operation.ts";

export interface Killer {
  openAdmin: OpenAdmin;
  /** Resolves when the kill has happened. */
  killed: Promise<void>;
}

/** Lets `calls` calls of a real port through, then kills: before the next call goes out, or after it came back. */
export function killAfter(real: OpenAdmin, calls: number, when: "before" | "after"): Killer {
  let left = calls;
  let dead = false;
  let tell = () => {};
  const killed = new Promise<void>((resolve) => (tell = resolve));
  const never = new Promise<never>(() => {});
  const die = () => {
    dead = true;
    tell();
    return never;
  };
  const openAdmin = (domain: string): AdminPort => {
    const port = real(domain);
    return {
      async call(operation, variables) {
        if (dead) return never;
        const last = left-- === 0;
        if (last && when === "before") return die();
        const result = await port.call(operation, variables);
        return last || dead ? die() : result;
      },
    };
  };
  return { openAdmin, killed };
}
