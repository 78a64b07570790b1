/** Every call of the integration API, by name: the table that routes, documents and tests it. */
import { addCodes, awardDetail, createAward, duplicateAward, listAwards, setAwardStatus, updateAward } from "./awards";
import { burn, couponDetail, customerCoupons, distribute, lockDetails, predefined, release, releaseByPath, validateCoupon, validateCoupons } from "./coupons";
import { applyImport, createImport, distributeToMany, importDetail, importIssues, listImports, undoImport } from "./imports";
import { archiveCoupon, jobDetail, resendCoupon, revokeCoupons, transferCoupon } from "./life";
import { listLocations, putLocations } from "./locations";
import { cancelOrder, placeOrder } from "./orders";
import { adjust, balance, hold, holdDetails, redeem, refund, releaseHold, transactions } from "./points";
import { awardStock, changeStock, replaceCode } from "./stock";

/** Where the calls are. */
export const API_BASE = "/api/v4.0/integrations";

export const OPERATIONS = {
  predefined, distribute, validateCoupon, validateCoupons, burn, couponDetail, customerCoupons,
  lockDetails, release, releaseByPath,
  placeOrder, cancelOrder,
  balance, transactions, hold, holdDetails, releaseHold, redeem, refund, adjust,
  revokeCoupons, transferCoupon, archiveCoupon, resendCoupon, jobDetail,
  listAwards, createAward, awardDetail, updateAward, setAwardStatus, duplicateAward, addCodes, awardStock, changeStock, replaceCode,
  listLocations, putLocations,
  createImport, listImports, importDetail, importIssues, applyImport, undoImport, distributeToMany,
} as const;

export type OperationName = keyof typeof OPERATIONS;
