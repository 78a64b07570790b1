import { Badge, type BadgeProps } from "@shopify/polaris";
import type { AwardState } from "../domain/awards/award";

interface Look {
  text: string;
  tone?: BadgeProps["tone"];
  progress?: BadgeProps["progress"];
}

const AWARD: Record<AwardState, Look> = {
  active: { text: "Active", tone: "success" },
  scheduled: { text: "Scheduled", tone: "attention", progress: "incomplete" },
  expired: { text: "Expired" },
  inactive: { text: "Inactive", tone: "info" },
  archived: { text: "Archived" },
};

/** The status of an award as every list and page shows it. */
export function AwardBadge({ state }: { state: AwardState }) {
  return <StatusBadge {...AWARD[state]} />;
}

const DISCOUNT = {
  pending: { text: "Waiting for Shopify", tone: "attention", progress: "partiallyComplete" },
  live: { text: "Live on Shopify", tone: "success", progress: "complete" },
  failed: { text: "Failed", tone: "critical" },
  local: { text: "Not for Shopify" },
  off: { text: "Off in Shopify", tone: "critical" },
  absent: { text: "Not on Shopify" },
  behind: { text: "Earlier terms on Shopify", tone: "attention", progress: "partiallyComplete" },
} satisfies Record<string, Look>;

/** Where the discount of an award stands on Shopify. */
export function DiscountBadge({ state }: { state: keyof typeof DISCOUNT }) {
  return <StatusBadge {...DISCOUNT[state]} />;
}

const COUPON = {
  available: { text: "Available" },
  issued: { text: "Issued", tone: "info", progress: "partiallyComplete" },
  locked: { text: "Locked", tone: "attention", progress: "partiallyComplete" },
  redeemed: { text: "Redeemed", tone: "success", progress: "complete" },
  expired: { text: "Expired" },
  revoked: { text: "Revoked", tone: "warning" },
  archived: { text: "Archived" },
} satisfies Record<string, Look>;
export type CouponStatusView = keyof typeof COUPON;

/** Where a coupon is in its life. */
export function CouponBadge({ status }: { status: CouponStatusView }) {
  return <StatusBadge {...COUPON[status]} />;
}

const CODE = {
  planned: { text: "Not yet" },
  submitted: { text: "On its way", tone: "attention", progress: "partiallyComplete" },
  live: { text: "Yes", tone: "success", progress: "complete" },
  failed: { text: "Failed", tone: "critical" },
  withdrawn: { text: "Withdrawn", tone: "warning" },
  local: { text: "Not for Shopify" },
  off: { text: "Off in Shopify", tone: "critical" },
} satisfies Record<string, Look>;

/** Whether a code is on Shopify. */
export function CodeBadge({ state }: { state: keyof typeof CODE }) {
  return <StatusBadge {...CODE[state]} />;
}

/** A status in words first; tone and progress only repeat what the words say. */
export function StatusBadge({ text, tone, progress }: Look) {
  return (
    <Badge tone={tone} progress={progress}>
      {text}
    </Badge>
  );
}
