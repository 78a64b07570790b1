/**
 * The sessions of installed shops. An offline token lives for an hour, and renewing it spends its refresh token: of all processes
 * that need it at the same moment one renews it, and the others find it renewed.
 */
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import { z } from "zod";
import { inTransaction, prisma, type Tx } from "../lib/db.server";
import { env } from "../lib/env.server";
import { log } from "../lib/log.server";

/** The library renews in the last five minutes, without a lock: ours must come first. */
const RENEW_BEFORE_MS = 6 * 60_000;
const REQUEST_LIMIT_MS = 8_000;
/** How long others wait for the one that renews, and it for Shopify. */
const LOCK_LIMIT_MS = 25_000;

export type Renewal =
  /** It needs no renewal, has been renewed, or cannot be (an older token without an end). */
  | { outcome: "valid" }
  | { outcome: "no_session" }
  /** Shopify does not take the refresh token any more: only opening the app in the shop's admin brings a new one. */
  | { outcome: "refused" }
  | { outcome: "unreachable"; reason: string };

export class SessionStorage extends PrismaSessionStorage<never> {
  #last: Promise<unknown> = Promise.resolve();
  readonly #underWay = new Map<string, Promise<Renewal>>();

  constructor() {
    // Typed for the client under @prisma/client; ours is generated elsewhere and has the same Session table.
    super(prisma as unknown as never);
  }

  /** The session, renewed if it is about to end. One that cannot be renewed comes without its refresh token, so that the library does not try it too. */
  override async loadSession(id: string) {
    const session = await super.loadSession(id);
    if (!session || session.isOnline || !session.isExpired(RENEW_BEFORE_MS) || !session.refreshToken) return session;
    const { outcome } = await this.renew(id);
    const renewed = await super.loadSession(id);
    if (renewed && outcome !== "valid") renewed.refreshToken = undefined;
    return renewed;
  }

  /** Stores what Shopify granted. News of a removal that is older than the grant is stale: whoever is granted access is there. */
  override async storeSession(session: Parameters<PrismaSessionStorage<never>["storeSession"]>[0]): Promise<boolean> {
    const stored = await super.storeSession(session);
    // The library also stores a session whose token was refused, without it.
    if (!session.isOnline && session.accessToken) {
      const now = new Date();
      await prisma.shop.updateMany({ where: { domain: session.shop, uninstalledAt: null, installedAt: { lt: now } }, data: { installedAt: now } });
    }
    return stored;
  }

  /** Renews an offline session that ends before `until`; several callers of one process share one attempt. */
  renew(id: string, until = new Date(Date.now() + RENEW_BEFORE_MS)): Promise<Renewal> {
    const underWay = this.#underWay.get(id);
    if (underWay) return underWay;
    const renewal = this.#renew(id, until);
    this.#underWay.set(id, renewal);
    const forget = () => this.#underWay.delete(id);
    renewal.then(forget, forget);
    return renewal;
  }

  async #renew(id: string, until: Date): Promise<Renewal> {
    const session = await prisma.session.findUnique({ where: { id }, select: { expires: true, refreshToken: true } });
    if (!session) return { outcome: "no_session" };
    if (!isDue(session, until)) return { outcome: "valid" };
    // One after the other: each holds a connection while Shopify answers, and the process needs its other connections.
    const renewal = this.#last.then(() => inTransaction((tx) => renewUnderLock(tx, id, until), { timeoutMs: LOCK_LIMIT_MS }));
    this.#last = renewal.catch(() => {});
    return renewal;
  }
}

function isDue({ expires, refreshToken }: { expires: Date | null; refreshToken: string | null }, until: Date): boolean {
  return expires !== null && expires <= until && refreshToken !== null;
}

async function renewUnderLock(tx: Tx, id: string, until: Date): Promise<Renewal> {
  await tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(${`session:${id}`}, 0))`;
  const session = await tx.session.findUnique({ where: { id }, select: { shop: true, expires: true, refreshToken: true } });
  if (!session) return { outcome: "no_session" };
  // Another process may have been first.
  if (!isDue(session, until) || !session.refreshToken) return { outcome: "valid" };
  const answer = await askForPair(session.shop, session.refreshToken);
  if (answer.outcome !== "pair") return answer;
  const { access_token, scope, expires_in, refresh_token, refresh_token_expires_in } = answer.pair;
  const { count } = await tx.session.updateMany({
    // Only what was renewed: meanwhile the app may have been removed, or removed and installed with new tokens.
    where: { id, refreshToken: session.refreshToken },
    data: { accessToken: access_token, scope, expires: secondsFromNow(expires_in), refreshToken: refresh_token, refreshTokenExpires: secondsFromNow(refresh_token_expires_in) },
  });
  if (count === 0 && (await tx.session.count({ where: { id } })) === 0) return { outcome: "no_session" };
  return { outcome: "valid" };
}

const Pair = z.object({ access_token: z.string().min(1), scope: z.string(), expires_in: z.number(), refresh_token: z.string().min(1), refresh_token_expires_in: z.number() });

/** https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens */
async function askForPair(shop: string, refreshToken: string): Promise<{ outcome: "pair"; pair: z.infer<typeof Pair> } | Exclude<Renewal, { outcome: "valid" | "no_session" }>> {
  try {
    const response = await fetch(`https://${shop}/admin/oauth/access_token`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ client_id: env.SHOPIFY_API_KEY, client_secret: env.SHOPIFY_API_SECRET, grant_type: "refresh_token", refresh_token: refreshToken }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    if (response.ok) return { outcome: "pair", pair: Pair.parse(await response.json()) };
    await response.body?.cancel();
    log.warn({ shop, status: response.status }, "Shopify did not renew an access token");
    return [400, 401, 403, 404].includes(response.status) ? { outcome: "refused" } : { outcome: "unreachable", reason: `Shopify answered ${response.status}` };
  } catch (error) {
    // The tokens themselves are in no message of these.
    return { outcome: "unreachable", reason: error instanceof Error ? error.message : String(error) };
  }
}

function secondsFromNow(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
