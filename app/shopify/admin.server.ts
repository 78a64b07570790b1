/** Calls the Admin API with a shop's stored offline session and says how it went; it never retries, the caller does. */
import { SessionNotFoundError } from "@shopify/shopify-app-remix/server";
import { z } from "zod";
import { sessions, shopify } from "./app.server";
import { QueryCost, type AdminPort, type AdminResult, type Operation } from "./operation";

const CALL_LIMIT_MS = 30_000;
const RENEWAL_WAIT_MS = 5 * 60_000;
const UNREACHED_WAIT_MS = 60_000;
/** When Shopify throttles without saying how much is missing. */
const THROTTLE_WAIT_MS = 1000;

type Graphql = Awaited<ReturnType<typeof shopify.unauthenticated.admin>>["admin"]["graphql"];
type Gone = Extract<AdminResult<never>, { outcome: "gone" }>;

/** The Admin API of one shop. The session is read at the first call, every minute, and again when Shopify no longer takes its token. */
export function openAdmin(domain: string, callLimitMs = CALL_LIMIT_MS): AdminPort {
  let session: Promise<Graphql | Gone> | null = null;
  let openedAt = 0;

  const graphql = () => {
    if (!session || performance.now() - openedAt > 60_000) {
      openedAt = performance.now();
      session = openSession(domain);
      session.catch(() => (session = null));
    }
    return session;
  };

  return {
    async call(operation, variables) {
      const result = await callOnce(operation, variables);
      if (result.outcome === "gone") session = null;
      return result;
    },
  };

  async function callOnce<Variables, T>(operation: Operation<Variables, T>, variables: Variables): Promise<AdminResult<T>> {
    try {
      const send = await graphql();
      if (typeof send !== "function") return send;
      const response = await send(operation.document, { variables: variables as Record<string, unknown>, signal: AbortSignal.timeout(callLimitMs) });
      return read(operation, await response.json());
    } catch (error) {
      return explain(error);
    }
  }
}

/** A way to call with a token that lasts for minutes still, or why there is none. */
async function openSession(domain: string): Promise<Graphql | Gone> {
  const renewal = await sessions.renew(offlineId(domain));
  switch (renewal.outcome) {
    case "valid":
      return (await shopify.unauthenticated.admin(domain)).admin.graphql;
    case "no_session":
      return { outcome: "gone", reason: "the shop has no session", retryAfterMs: null };
    case "refused":
      return { outcome: "gone", reason: "Shopify does not renew the app's access. Opening the app in the shop's admin gives it new access.", retryAfterMs: RENEWAL_WAIT_MS };
    case "unreachable":
      return { outcome: "gone", reason: `the app's access could not be renewed: ${renewal.reason}`, retryAfterMs: UNREACHED_WAIT_MS };
    default:
      return renewal satisfies never;
  }
}

/** As the Shopify library names an offline session. */
function offlineId(domain: string): string {
  return `offline_${domain}`;
}

const Answer = z.object({ data: z.unknown(), extensions: z.object({ cost: QueryCost.optional() }).optional() });

function read<Variables, T>(operation: Operation<Variables, T>, body: unknown): AdminResult<T> {
  const { data, extensions } = Answer.parse(body);
  const cost = extensions?.cost ?? null;
  const answer = operation.answer.parse(data);
  const userErrors = operation.userErrors(answer);
  return userErrors.length ? { outcome: "refused", userErrors, cost } : { outcome: "ok", answer, cost };
}

const GraphqlFailure = z.object({
  body: z.object({
    errors: z.object({ graphQLErrors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() })).min(1) }),
    extensions: z.object({ cost: QueryCost.optional() }).optional(),
  }),
});
const HttpFailure = z.object({
  response: z.object({ code: z.number(), statusText: z.string().optional(), retryAfter: z.number().optional(), headers: z.record(z.string(), z.unknown()).optional() }),
});

/** What the Shopify library threw, as a result. Throws on what is a fault of ours. */
function explain(error: unknown): Exclude<AdminResult<never>, { outcome: "ok" }> {
  if (error instanceof z.ZodError) throw error;
  if (error instanceof SessionNotFoundError) return { outcome: "gone", reason: "the shop has no session", retryAfterMs: null };
  const graphql = GraphqlFailure.safeParse(error);
  if (graphql.success) return explainGraphql(graphql.data.body);
  // The library throws this bare Response whenever a token cannot be renewed, and hides why: the network, or a shop that is gone.
  if (error instanceof Response) return { outcome: "gone", reason: "the shop's access token could not be renewed", retryAfterMs: RENEWAL_WAIT_MS };
  const http = HttpFailure.safeParse(error);
  if (http.success) return explainStatus(http.data.response.code, http.data.response.retryAfter ?? null);
  return { outcome: "unavailable", reason: error instanceof Error ? error.message : String(error), retryAfterMs: null };
}

function explainGraphql({ errors, extensions }: z.infer<typeof GraphqlFailure>["body"]): Exclude<AdminResult<never>, { outcome: "ok" }> {
  const cost = extensions?.cost ?? null;
  const codes = errors.graphQLErrors.map((each) => each.extensions?.code);
  if (codes.includes("THROTTLED")) return { outcome: "throttled", waitMs: throttleWait(cost), cost };
  if (codes.includes("SHOP_INACTIVE")) return { outcome: "gone", reason: "the shop is not active", retryAfterMs: null };
  if (codes.includes("INTERNAL_SERVER_ERROR")) return { outcome: "unavailable", reason: "Shopify had an internal error", retryAfterMs: null };
  return { outcome: "refused", userErrors: errors.graphQLErrors.map(({ message, extensions: more }) => ({ field: null, message, code: more?.code ?? null })), cost };
}

function throttleWait(cost: QueryCost | null): number {
  if (!cost || cost.throttleStatus.restoreRate <= 0) return THROTTLE_WAIT_MS;
  const missing = cost.requestedQueryCost - cost.throttleStatus.currentlyAvailable;
  return Math.max(100, Math.ceil((missing / cost.throttleStatus.restoreRate) * 1000));
}

/** 401 token revoked, 402 frozen, 403 refused, 404 no such shop, 423 locked: https://shopify.dev/docs/api/usage/response-codes */
function explainStatus(status: number, retryAfterSeconds: number | null): Exclude<AdminResult<never>, { outcome: "ok" }> {
  if ([401, 402, 403, 404, 423].includes(status)) return { outcome: "gone", reason: `Shopify answered ${status}`, retryAfterMs: null };
  const retryAfterMs = retryAfterSeconds === null ? null : retryAfterSeconds * 1000;
  return { outcome: "unavailable", reason: `Shopify answered ${status}`, retryAfterMs };
}
