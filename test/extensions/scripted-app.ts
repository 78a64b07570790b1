/** The app's checkout addresses on loopback, answering what a test has scripted, in the contract's form only. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AppliedAnswer, AppliedRequest, RedeemAnswer, RedeemRequest, ReturnAnswer, ReturnRequest, RewardsAnswer, type AwardOffer, type HeldCoupon } from "../../app/contract/checkout";

/** One answer: a body with 200, another status, the connection torn, no answer at all, or an answer of another form. */
export type Scripted<T> = T | { status: number } | "torn" | "silent" | "gibberish";

export interface AskedCall {
  path: string;
  token: string | null;
  body: unknown;
}

export interface ScriptedApp {
  url: string;
  /** Every call, in the order they came. */
  asked: AskedCall[];
  /** Answers to come; the last one stays. */
  rewards: Scripted<RewardsAnswer>[];
  redeem: Scripted<RedeemAnswer>[];
  applied: Scripted<AppliedAnswer>[];
  giveBack: Scripted<ReturnAnswer>[];
  close(): Promise<void>;
}

export async function startScriptedApp(): Promise<ScriptedApp> {
  const server = createServer((request, response) => void serve(app, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const app: ScriptedApp = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    rewards: [member()],
    redeem: [issued()],
    applied: [{ outcome: "noted" }],
    giveBack: [{ outcome: "returning", message: "Your points are on their way back.", points: 740, heldPoints: 0 }],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return app;
}

async function serve(app: ScriptedApp, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const path = (request.url ?? "").split("?")[0] ?? "";
  const text = Buffer.concat(chunks).toString("utf8");
  const body: unknown = text === "" ? null : JSON.parse(text);
  app.asked.push({ path: request.url ?? "", token: request.headers.authorization?.replace("Bearer ", "") ?? null, body });
  switch (path) {
    case "/checkout/rewards":
      return answer(response, next(app.rewards), RewardsAnswer);
    case "/checkout/redeem":
      RedeemRequest.parse(body);
      return answer(response, next(app.redeem), RedeemAnswer, () => (app.rewards = [member({ points: 240, heldPoints: 500, coupons: [COUPON] })]));
    case "/checkout/applied":
      AppliedRequest.parse(body);
      return answer(response, next(app.applied), AppliedAnswer);
    case "/checkout/return":
      ReturnRequest.parse(body);
      return answer(response, next(app.giveBack), ReturnAnswer, () => (app.rewards = [member()]));
    default:
      response.writeHead(404).end();
  }
}

function next<T>(script: T[]): T | undefined {
  return script.length > 1 ? script.shift() : script[0];
}

const MOVES_POINTS: readonly unknown[] = ["issued", "returning", "returned"];

/** `moved`: the balance is another from this answer on. */
function answer<T extends object>(response: ServerResponse, scripted: Scripted<T> | undefined, form: { parse(value: unknown): T }, moved?: () => void): void {
  if (scripted === "silent") return;
  if (scripted === "torn") return void response.destroy();
  if (scripted === "gibberish") return void response.writeHead(200).end("<html>Bad gateway</html>");
  if (typeof scripted === "object" && scripted !== null && "status" in scripted) {
    response.writeHead(scripted.status, { "Content-Type": "application/json" });
    return void response.end(JSON.stringify({ error: { code: "refused", message: "not for shoppers", requestId: "r" } }));
  }
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(form.parse(scripted)));
  if (typeof scripted === "object" && "outcome" in scripted && MOVES_POINTS.includes(scripted.outcome)) moved?.();
}

export const TEN_OFF: AwardOffer = { awardNumber: 1, name: "10 off", terms: "10.00 EUR off", pointsPrice: 500, obstacles: [] };
export const GRINDER: AwardOffer = {
  awardNumber: 2, name: "Coffee grinder", terms: "80.00 EUR off", pointsPrice: 4_000,
  obstacles: [
    { outcome: "insufficient_points", message: "You need 3260 more points.", missingPoints: 3_260 },
    { outcome: "below_minimum", message: "Add 35.10 EUR to your cart.", missingMinor: 3_510 },
  ],
};
/** 500 to 2,000 points in steps of 100, each step worth 2.50 EUR. */
export const BEANS_OFF: AwardOffer = {
  awardNumber: 3, name: "Beans off", terms: "Up to 50.00 EUR off", pointsPrice: 500,
  choice: { minPoints: 500, maxPoints: 2_000, stepPoints: 100, stepMinor: 250, currency: "EUR" }, obstacles: [],
};
export const COUPON: HeldCoupon = { issuanceId: "iss_1", code: "SCRIP-7KQ2", awardName: "10 off", terms: "10.00 EUR off", points: 500, expiresAt: null };

/** A customer with 740 points, one award within reach and one not. */
export function member(given: Partial<Extract<RewardsAnswer, { state: "member" }>> = {}): RewardsAnswer {
  return { state: "member", pointsName: "points", points: 740, heldPoints: 0, awards: [TEN_OFF, GRINDER], coupons: [], ...given };
}

/** The coupon is given: 500 of the 740 points are held. */
export function issued(): RedeemAnswer {
  return { outcome: "issued", coupon: COUPON, points: 240, heldPoints: 500 };
}
