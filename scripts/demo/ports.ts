/** Ports are tried before anything is started, so that a taken one is told and not found out half way. */
import net from "node:net";
import type { DemoPorts } from "./addresses";
import { Problem } from "./problem";

/** Throws a Problem that names the taken port and the way out. */
export async function requireFree(ports: DemoPorts): Promise<void> {
  for (const [what, port] of Object.entries(ports)) {
    if (await isFree(port)) continue;
    throw new Problem(`Port ${port} (${what}) is in use by another program. Use other ports:\n  npm run demo -- --port ${suggestion(ports.store)}`);
  }
}

function suggestion(first: number): number {
  return first + 100 <= 65_500 ? first + 100 : 4400;
}

async function isFree(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) {
    if (await isTaken(port, host)) return false;
  }
  return true;
}

function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    // A machine without IPv6 says EADDRNOTAVAIL: that address is nobody's.
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE" || error.code === "EACCES"));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(false)));
  });
}

/** The first of three free ports in a row, for runs that share a machine. */
export async function findFreePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(first)) && (await isFree(first + 1)) && (await isFree(first + 2))) return first;
  }
  throw new Problem("No three free ports in a row were found in fifty tries");
}
