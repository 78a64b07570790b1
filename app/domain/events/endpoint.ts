/** Where events may be sent. Pure. */
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { EVENT_KINDS, type EventKind } from "../../contract/events";
import { isPrivateAddress } from "../../lib/private-address";

export const ENDPOINTS_LIMIT = 20;
/** How long an endpoint's old secret signs beside the new one. */
export const ROTATION_HOURS = 24;

export const EndpointDraft = z.object({
  url: z.string().trim().max(500, "At most 500 characters."),
  /** Empty: all. */
  kinds: z.array(z.enum(EVENT_KINDS as [EventKind, ...EventKind[]])),
});
export type EndpointDraft = z.infer<typeof EndpointDraft>;

export interface AddressRules {
  /** Addresses of this machine and its network too, and plain http: for development and tests. */
  allowPrivate: boolean;
}

/** Why nothing can be sent to this address, in words for staff; null: it may be tried. What its name leads to is checked at each connection. */
export function addressProblem(text: string, { allowPrivate }: AddressRules): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !["https:", "http:"].includes(url.protocol)) return "Enter a full address, such as https://example.com/webhooks.";
  if (url.username || url.password) return "The address must not hold a name or a password.";
  if (allowPrivate) return null;
  if (url.protocol !== "https:") return "The address must begin with https://.";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isInside = isIP(host) ? isPrivateAddress(host) : !host.includes(".") || /(^|\.)(localhost|local|internal|home\.arpa)\.?$/.test(host);
  return isInside ? "The address must be reachable from the internet." : null;
}

/** A secret that signs an endpoint's deliveries. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString("base64url")}`;
}
