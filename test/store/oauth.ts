/** POST /admin/oauth/access_token: token exchange and refresh, as Shopify answers them. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { AppIdentity } from "./session-tokens";
import { isIdTokenOf } from "./session-tokens";
import type { AccessToken, ShopState } from "./state";

export interface OauthAnswer {
  status: number;
  body: Record<string, unknown>;
}

const ACCESS_SECONDS = 3600;
const ONLINE_SECONDS = 86_399;
const REFRESH_SECONDS = 90 * 86_400;
const OFFLINE_TYPE = "urn:shopify:params:oauth:token-type:offline-access-token";

const Client = z.object({ client_id: z.string(), client_secret: z.string(), grant_type: z.string() });
const Exchange = z.object({
  subject_token: z.string(),
  subject_token_type: z.string(),
  requested_token_type: z.string(),
  expiring: z.union([z.string(), z.number(), z.boolean()]).optional(),
});
const Refresh = z.object({ refresh_token: z.string() });

/** Answers a grant request: 200 with tokens, 400 with OAuth's error word, 401 for a wrong client. */
export function answerGrant(app: AppIdentity & { scopes: readonly string[] }, state: ShopState, now: Date, body: unknown): OauthAnswer {
  const client = Client.safeParse(body);
  if (!client.success) return refuse(400, "invalid_request", "The request is missing a required parameter");
  if (client.data.client_id !== app.apiKey || client.data.client_secret !== app.apiSecret) {
    return refuse(401, "invalid_client", "Client authentication failed");
  }
  switch (client.data.grant_type) {
    case "urn:ietf:params:oauth:grant-type:token-exchange":
      return exchange(app, state, now, body);
    case "refresh_token":
      return refresh(state, now, body);
    default:
      return refuse(400, "unsupported_grant_type", "The grant type is not supported");
  }
}

function exchange(app: AppIdentity & { scopes: readonly string[] }, state: ShopState, now: Date, body: unknown): OauthAnswer {
  const parsed = Exchange.safeParse(body);
  if (!parsed.success) return refuse(400, "invalid_request", "The request is missing a required parameter");
  const request = parsed.data;
  const expiring = String(request.expiring ?? "0") === "1" || request.expiring === true;
  if (request.subject_token_type === OFFLINE_TYPE) return migrate(state, now, request.subject_token);
  if (!isIdTokenOf(app, state.domain, now, request.subject_token)) {
    return refuse(400, "invalid_subject_token", "The subject token is invalid");
  }
  state.installed = true;
  forgetExpired(state, now);
  const scopes = [...app.scopes];
  if (request.requested_token_type !== OFFLINE_TYPE) return grantOnline(state, now, scopes);
  return expiring ? grantExpiring(state, now, scopes) : grantLasting(state, scopes);
}

/** A lasting offline token for an expiring pair; the old one stops working. */
function migrate(state: ShopState, now: Date, token: string): OauthAnswer {
  const old = state.accessTokens.get(token);
  if (!old || old.kind !== "offline" || old.expiresAtMs !== null) return refuse(400, "invalid_subject_token", "The subject token is invalid");
  state.accessTokens.delete(token);
  return grantExpiring(state, now, old.scopes);
}

function refresh(state: ShopState, now: Date, body: unknown): OauthAnswer {
  const parsed = Refresh.safeParse(body);
  if (!parsed.success) return refuse(400, "invalid_request", "The request is missing a required parameter");
  const held = state.refreshTokens.get(parsed.data.refresh_token);
  if (!held || held.expiresAtMs <= now.getTime()) return refuse(400, "invalid_grant", "The refresh token is invalid or expired");
  // A repeat of the request that made the successor gives a new pair: an answer lost on the way locks nobody out.
  if (held.replacedBy) forget(state, held.replacedBy);
  forgetPredecessors(state, held.token);
  const answer = grantExpiring(state, now, held.scopes);
  held.replacedBy = String(answer.body["refresh_token"]);
  return answer;
}

/** The first use of a refresh token ends the one it came from. */
function forgetPredecessors(state: ShopState, token: string): void {
  for (const other of state.refreshTokens.values()) if (other.replacedBy === token) forget(state, other.token);
}

function forget(state: ShopState, refreshToken: string): void {
  const held = state.refreshTokens.get(refreshToken);
  if (!held) return;
  state.refreshTokens.delete(refreshToken);
  state.accessTokens.delete(held.accessToken);
}

/** Old grants would pile up over the life of a demo. */
function forgetExpired(state: ShopState, now: Date): void {
  for (const grant of state.accessTokens.values()) if (grant.expiresAtMs !== null && grant.expiresAtMs <= now.getTime()) state.accessTokens.delete(grant.token);
  for (const grant of state.refreshTokens.values()) if (grant.expiresAtMs <= now.getTime()) state.refreshTokens.delete(grant.token);
}

function grantExpiring(state: ShopState, now: Date, scopes: string[]): OauthAnswer {
  const access = keep(state, { token: secretOf("shpat_"), kind: "offline", scopes, expiresAtMs: now.getTime() + ACCESS_SECONDS * 1000 });
  const token = secretOf("shprt_");
  state.refreshTokens.set(token, { token, scopes, expiresAtMs: now.getTime() + REFRESH_SECONDS * 1000, accessToken: access, replacedBy: null });
  return {
    status: 200,
    body: { access_token: access, scope: scopes.join(","), expires_in: ACCESS_SECONDS, refresh_token: token, refresh_token_expires_in: REFRESH_SECONDS },
  };
}

function grantLasting(state: ShopState, scopes: string[]): OauthAnswer {
  const access = keep(state, { token: secretOf("shpat_"), kind: "offline", scopes, expiresAtMs: null });
  return { status: 200, body: { access_token: access, scope: scopes.join(",") } };
}

function grantOnline(state: ShopState, now: Date, scopes: string[]): OauthAnswer {
  const access = keep(state, { token: secretOf("shpua_"), kind: "online", scopes, expiresAtMs: now.getTime() + ONLINE_SECONDS * 1000 });
  const user = { id: 42, first_name: "Mara", last_name: "Lind", email: "mara@example.com", email_verified: true, account_owner: true, locale: "en", collaborator: false };
  return {
    status: 200,
    body: { access_token: access, scope: scopes.join(","), expires_in: ONLINE_SECONDS, associated_user_scope: scopes.join(","), associated_user: user },
  };
}

function keep(state: ShopState, token: AccessToken): string {
  state.accessTokens.set(token.token, token);
  return token.token;
}

/** The grant behind an access token that is used, or null when it is unknown, revoked or expired. */
export function findGrant(state: ShopState, now: Date, token: string | undefined): AccessToken | null {
  const grant = token ? state.accessTokens.get(token) : undefined;
  if (!grant || (grant.expiresAtMs !== null && grant.expiresAtMs <= now.getTime())) return null;
  // Its answer has arrived: the refresh token it came from is used up, for every other process too.
  const own = [...state.refreshTokens.values()].find((one) => one.accessToken === grant.token);
  for (const other of own ? state.refreshTokens.values() : []) if (other.replacedBy === own?.token) state.refreshTokens.delete(other.token);
  return grant;
}

function secretOf(prefix: string): string {
  return prefix + randomBytes(16).toString("hex");
}

function refuse(status: number, error: string, description: string): OauthAnswer {
  return { status, body: { error, error_description: description } };
}
