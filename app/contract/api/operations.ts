/** Every call of the integration API, by name: the table that routes, documents and tests it. */
import { burn, couponDetail, customerCoupons, distribute, lockDetails, predefined, release, releaseByPath, validateCoupon, validateCoupons } from "./coupons";
import { cancelOrder, placeOrder } from "./orders";
import { adjust, balance, hold, holdDetails, redeem, refund, releaseHold, transactions } from "./points";

/** Where the calls are. */
export const API_BASE = "/api/v4.0/integrations";

export const OPERATIONS = {
  predefined, distribute, validateCoupon, validateCoupons, burn, couponDetail, customerCoupons,
  lockDetails, release, releaseByPath,
  placeOrder, cancelOrder,
  balance, transactions, hold, holdDetails, releaseHold, redeem, refund, adjust,
} as const;

export type OperationName = keyof typeof OPERATIONS;
