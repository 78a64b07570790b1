/** POST /checkout/redeem with a session token, against the app's own server in a process of its own; beside issuing without HTTP. */
import { fork } from "node:child_process";
import path from "node:path";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { closeDatabase, pool } from "#app/lib/db.server.ts";
import { sessionToken } from "#test/hot-server.ts";
import { leanConnection } from "./lean-connection";
import { processorTime } from "./processor-time";
import { atLeast, atMost, figure, load, medians, percentile, type Row } from "./row";
import { benchAward, benchCustomers, benchShop } from "./shop";

const CALLERS = 64;
const REDEMPTIONS = 8_000;
/** Each may ask 60 times a minute. */
const CUSTOMERS = 2_000;
const ROUNDS = 3;

export async function bench(): Promise<Row[]> {
  const shop = await benchShop();
  const customers = await benchCustomers(shop.id, CUSTOMERS);
  const award = await benchAward(shop.id, REDEMPTIONS * (ROUNDS + 1) * 2 + 1_000);
  const tokens = customers.map((_, n) => sessionToken({ dest: shop.domain, sub: `gid://shopify/Customer/${n + 1}`, exp: Date.now() / 1000 + 3600 }));
  const server = await startServer();
  const times: number[] = [];
  let key = 0;

  const redeem = async () => {
    const result = await load(CALLERS, REDEMPTIONS, (n) => server.redeem(tokens[n % CUSTOMERS] ?? "", award.number, `bench-key-${key++}`));
    times.push(...result.times);
    return result.perSecond;
  };
  const issue = async () => {
    const result = await load(CALLERS, REDEMPTIONS, async (n) => {
      const request = { customerId: customers[n % CUSTOMERS] ?? 0n, awardNumber: award.number, requestKey: `bench-key-${key++}`, channel: "checkout" as const };
      const { outcome } = await issueCoupon(shop.id, request, new Date());
      if (outcome !== "issued") throw new Error(`not issued: ${outcome}`);
    });
    return result.perSecond;
  };
  // Both processes have compiled what they run, and the tables were looked at once they held something, before anything is timed.
  await redeem();
  await issue();
  await pool.query("VACUUM ANALYZE");
  times.length = 0;
  const ofRedeeming = await processorTime("redemption", { "the server": server.pid, "the callers": process.pid });
  const ofIssuing = await processorTime("issuance without HTTP", { "its process": process.pid });
  const rate = await medians(ROUNDS, { redeem: () => ofRedeeming.of(REDEMPTIONS, redeem), issue: () => ofIssuing.of(REDEMPTIONS, issue) });
  const where = [...ofRedeeming.rows(), ...ofIssuing.rows()];
  await server.stop();
  await closeDatabase();
  return [
    figure(`redeemed over HTTP, one hot award, ${CALLERS} connections`, rate.redeem, "redemptions/s"),
    figure(`issued without HTTP, the same award, ${CALLERS} callers`, rate.issue, "issuances/s"),
    atLeast("redeem / issue", rate.redeem / rate.issue, "×", 0.5),
    atMost("p99 of an answer", percentile(times, 0.99), "ms", 50),
    ...where,
  ];
}

async function startServer() {
  const child = fork(path.join(import.meta.dirname, "hot-server.ts"), ["ours"], { execArgv: ["--import", "tsx"] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message) => resolve(Number(message)));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const idle = Array.from({ length: CALLERS }, () => leanConnection(port));
  const connections = [...idle];
  return {
    pid: child.pid ?? 0,
    async redeem(token: string, awardNumber: number, requestKey: string) {
      const connection = idle.pop();
      if (!connection) throw new Error("more callers than connections");
      const { status, body } = await connection.post("/checkout/redeem", token, JSON.stringify({ awardNumber, requestKey }));
      if (status !== 200 || !body.startsWith('{"outcome":"issued"')) throw new Error(`answered ${status} ${body}`);
      idle.push(connection);
    },
    async stop() {
      for (const connection of connections) connection.close();
      child.disconnect();
      await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}
