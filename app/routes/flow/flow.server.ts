/** POST /flow/distribute-coupon: a step of a merchant's Shopify Flow gives a customer a coupon. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { FlowAction, type FlowAnswer, type FlowProblem } from "../../contract/flow";
import { distributeOnFlow } from "../../domain/coupons/distribute-on-flow.server";
import { env } from "../../lib/env.server";
import { gid } from "../../lib/gid";
import { CLOSE, readBody } from "../body.server";
import { isSigned } from "../webhooks/door.server";

const BODY_LIMIT = 64 * 1024;
const RETRY_AFTER = { "Retry-After": "30" };

/**
 * 200 worked, with the outcome · 400 the step cannot be worked as it is set up · 401 not signed by our secret · 404 no such
 * address or shop · 405 not a POST · 413 too large · 503 a fault of ours. Flow repeats a step only after the last.
 */
export async function answerFlow(request: IncomingMessage, response: ServerResponse, now: Date): Promise<void> {
  if ((request.url ?? "").split("?")[0] !== "/flow/distribute-coupon") return problem(response, 404, "There is no such address.");
  if (request.method !== "POST") return problem(response, 405, "Use POST.", { Allow: "POST" });
  const body = await readBody(request, BODY_LIMIT);
  if (body.outcome === "aborted") return;
  if (body.outcome === "too_large") return problem(response, 413, "The request is too large.", CLOSE);
  const hmac = request.headers["x-shopify-hmac-sha256"];
  if (typeof hmac !== "string" || !isSigned(body.bytes, hmac, env.SHOPIFY_API_SECRET)) return problem(response, 401, "Not signed by Shopify.");

  const action = FlowAction.safeParse(readJson(body.bytes));
  if (!action.success) return problem(response, 400, action.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  const { shopify_domain, action_run_id, properties } = action.data;
  const awardNumber = Number(properties.award.replace("awd_", ""));
  const distributing = await distributeOnFlow(
    { shopDomain: shopify_domain.toLowerCase(), customerGid: gid("Customer", properties.customer_id), awardNumber, requestKey: action_run_id },
    now,
  );
  switch (distributing.outcome) {
    case "shop_unknown":
      return problem(response, 404, "The app is not installed on this shop.");
    case "award_unknown":
      return problem(response, 400, `There is no award ${properties.award}.`);
    case "error":
      return problem(response, 503, "Something went wrong on our side. Nothing was given: try again.", RETRY_AFTER);
    default:
      return send(response, 200, { return_value: { outcome: distributing.outcome, code: distributing.code, expiresAt: distributing.expiresAt?.toISOString() ?? null } } satisfies FlowAnswer);
  }
}

/** Null, which is no step, where it is not JSON; PostgreSQL stores no NUL, so none is let in. */
function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"), (_, value: unknown) => (typeof value === "string" ? value.replaceAll("\0", "") : value));
  } catch {
    return null;
  }
}

function problem(response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}): void {
  send(response, status, { message } satisfies FlowProblem, headers);
}

function send(response: ServerResponse, status: number, body: FlowAnswer | FlowProblem, headers: Record<string, string> = {}): void {
  const json = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(json), ...headers }).end(json);
}
