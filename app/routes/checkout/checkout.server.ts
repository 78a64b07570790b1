/** The calls of the checkout extension: what can I redeem, redeem, it is applied, give back. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { log } from "../../lib/log.server";
import { applied } from "./applied.server";
import { DoorRefusal, openCheckout, sendJson, sendPreflight, sendRefusal, type CheckoutCaller } from "./door.server";
import { redeem } from "./redeem.server";
import { returnIssuance } from "./return.server";
import { rewards } from "./rewards.server";

type Call = { method: "GET" | "POST"; answer: (request: IncomingMessage, url: URL, caller: CheckoutCaller, now: Date) => Promise<unknown> };

const CALLS: Record<string, Call> = {
  "/checkout/rewards": { method: "GET", answer: rewards },
  "/checkout/redeem": { method: "POST", answer: redeem },
  "/checkout/applied": { method: "POST", answer: applied },
  "/checkout/return": { method: "POST", answer: returnIssuance },
};

/** Answers any address under /checkout/: 200 with the contract's answer, else a DoorError. */
export async function answerCheckout(request: IncomingMessage, response: ServerResponse, now: Date): Promise<void> {
  if (request.method === "OPTIONS") return sendPreflight(response);
  try {
    const url = new URL(request.url ?? "/", "http://localhost");
    const call = CALLS[url.pathname];
    if (!call) throw new DoorRefusal(404, "not_found", "There is no such address.");
    if (request.method !== call.method) throw new DoorRefusal(405, "method_not_allowed", `Use ${call.method}.`);
    const caller = await openCheckout(request, now);
    sendJson(response, 200, await call.answer(request, url, caller, now));
  } catch (error) {
    if (error instanceof DoorRefusal) return sendRefusal(response, error);
    log.error({ err: error }, "a checkout call failed");
    sendRefusal(response, { status: 503, code: "unavailable", message: "Something went wrong on our side. Nothing was charged twice: try again.", retryAfterSeconds: 2 });
  }
}
