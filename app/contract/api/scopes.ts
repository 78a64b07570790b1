/** What a key pair may be allowed to do: one word for each thing and whether it is looked at or changed. */
export const API_SCOPES = {
  "coupons:read": "Validate coupons, see coupons and locks",
  "coupons:write": "Give, lock, burn, release, revoke, transfer, archive and resend coupons",
  "orders:write": "Record orders: burn their coupons and earn points",
  "points:read": "See balances, holds and points entries",
  "points:write": "Hold, redeem, refund and adjust points",
  "awards:read": "See awards and locations",
  "awards:write": "Create and change awards and locations",
  "imports:read": "See imports and their issues",
  "imports:write": "Upload, apply and undo imports",
} as const;

export type ApiScope = keyof typeof API_SCOPES;
export const API_SCOPE_NAMES = Object.keys(API_SCOPES) as [ApiScope, ...ApiScope[]];
