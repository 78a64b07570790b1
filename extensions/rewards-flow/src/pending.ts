/** The extension's own storage: read and write may fail, and nothing promises that it keeps. */
export interface KeyValue {
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<unknown>;
}

/** A press of "Redeem" whose outcome is not known yet. */
export interface PendingRedemption {
  awardNumber: number;
  /** How many points were chosen; absent where the award has one price. */
  points?: number;
  requestKey: string;
  /** Milliseconds since 1970. */
  pressedAt: number;
}

const STORAGE_KEY = "pending-redemption";

const RESUME_WITHIN_MS = 10 * 60_000;

/**
 * Whether a press found when the page opens is finished without asking again. Older, it would charge somebody who has
 * long thought otherwise; nothing is lost by dropping it, since a coupon it did buy is among the coupons held.
 */
export function mayResume(pending: PendingRedemption, now: number): boolean {
  return now - pending.pressedAt < RESUME_WITHIN_MS;
}

/** Remembers one press, in memory and in the storage that outlives the tab. */
export function createPendingRedemption(storage: KeyValue) {
  let remembered: PendingRedemption | null = null;

  async function stored(): Promise<PendingRedemption | null> {
    const value = await storage.read(STORAGE_KEY).catch(() => null);
    return isPending(value) ? value : null;
  }

  return {
    /** The press still to be finished, or null. */
    async find(): Promise<PendingRedemption | null> {
      return remembered ?? (await stored());
    },
    /** To be awaited before the call goes out: a tab closed in between must find the key again. */
    async keep(pending: PendingRedemption): Promise<void> {
      remembered = pending;
      await storage.write(STORAGE_KEY, pending).catch(() => undefined);
    },
    async forget(): Promise<void> {
      remembered = null;
      await storage.delete(STORAGE_KEY).catch(() => undefined);
    },
  };
}

function isPending(value: unknown): value is PendingRedemption {
  return (
    typeof value === "object" && value !== null &&
    "awardNumber" in value && typeof value.awardNumber === "number" &&
    (!("points" in value) || typeof value.points === "number") &&
    "requestKey" in value && typeof value.requestKey === "string" &&
    "pressedAt" in value && typeof value.pressedAt === "number"
  );
}

/** A request key nobody else makes: 32 hexadecimal digits. */
export function newRequestKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
