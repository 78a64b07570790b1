/** Who answers which call: one handler for each, by its name in the contract. */
import type { OPERATIONS, OperationName } from "../../contract/api/operations";
import { addCodes, awardDetail, createAward, duplicateAward, listAwards, setAwardStatus, updateAward } from "./awards.server";
import { couponDetail, customerCoupons, lockDetails } from "./coupons.server";
import type { Handler } from "./handler";
import { distribute, predefined } from "./issue.server";
import { applyImport, createImport, distributeToMany, importDetail, importIssues, listImports, undoImport } from "./imports.server";
import { archiveCoupon, jobDetail, resendCoupon, revokeCoupons, transferCoupon } from "./life.server";
import { listLocations, putLocations } from "./locations.server";
import { cancelOrder, placeOrder } from "./orders.server";
import { adjust, balance, hold, holdDetails, redeem, refund, releaseHold, transactions } from "./points.server";
import { awardStock, changeStock, replaceCode } from "./stock.server";
import { burn, release, releaseByPath, validateCoupon, validateCoupons } from "./use.server";

export const HANDLERS: { [K in OperationName]: Handler<(typeof OPERATIONS)[K]> } = {
  predefined, distribute, validateCoupon, validateCoupons, burn, couponDetail, customerCoupons,
  lockDetails, release, releaseByPath,
  placeOrder, cancelOrder,
  balance, transactions, hold, holdDetails, releaseHold, redeem, refund, adjust,
  revokeCoupons, transferCoupon, archiveCoupon, resendCoupon, jobDetail,
  listAwards, createAward, awardDetail, updateAward, setAwardStatus, duplicateAward, addCodes, awardStock, changeStock, replaceCode,
  listLocations, putLocations,
  createImport, listImports, importDetail, importIssues, applyImport, undoImport, distributeToMany,
};
