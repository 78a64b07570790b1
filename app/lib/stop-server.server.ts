/** How a web process ends: what was asked is answered, nothing new is taken, then it leaves. */
import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { env } from "./env.server";
import { log } from "./log.server";
import { whenToldToStop } from "./told-to-stop";

const STOP_LIMIT_MS = 10_000;
/** Whoever has just connected may still be sending. */
const UNUSED_MS = 2_000;

interface Ends {
  /** From here on answers say that the connection ends, and the process is not ready any more. */
  begin(): void;
  /** Everything was answered. */
  end(): Promise<void>;
}

/** Ends the process when it is told to stop; told again, it leaves at once. */
export function stopWhenTold(server: Server, { begin, end }: Ends): void {
  let underWay = 0;
  server.on("request", (_request, response) => {
    underWay += 1;
    response.once("close", () => (underWay -= 1));
  });

  const stop = async () => {
    begin();
    log.info({ underWay }, "stopping");
    await sleep(env.STOP_DELAY_SECONDS * 1000);
    const limit = setTimeout(() => {
      log.warn({ underWay }, "leaves before everything was answered");
      process.exit(1);
    }, STOP_LIMIT_MS);
    // A connection on which nothing was ever asked would keep it open.
    const unused = setInterval(() => underWay === 0 && server.closeAllConnections(), UNUSED_MS);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
    clearInterval(unused);
    await end();
    clearTimeout(limit);
    process.exit(0);
  };
  whenToldToStop(() => void stop(), () => process.exit(1), process, () => performance.now());
}
