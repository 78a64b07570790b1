/** The calls of a till: validate, lock, burn, release. */
import type * as calls from "../../contract/api/coupons";
import { burnCoupons } from "../../domain/coupons/burn.server";
import { lockCoupons } from "../../domain/coupons/lock.server";
import { releaseLock } from "../../domain/coupons/release-lock.server";
import type { Cart } from "../../domain/coupons/use";
import { validateCoupons as validate, type ValidatedCode, type ValidatedCoupon } from "../../domain/coupons/validate.server";
import { isNamed, knownCustomer, lookUpCustomer } from "./caller-customer.server";
import { cartOf } from "./cart";
import type { ApiContext, Handler } from "./handler";
import { apiReason, callRefusal, useRefusal } from "./reasons";
import { amountOrNull, couponTerms, couponType } from "./terms";

/** POST /coupons/{code}/validate */
export const validateCoupon: Handler<typeof calls.validateCoupon> = async ({ params, query, body }, context) => {
  const looked = await look({ ...body, lock: body.lock === true || query.lock === "true", codes: [params.code] }, context);
  const [only] = looked.codes;
  return { ...looked.answer, ...judged(only?.coupon ?? null), coupon: only?.coupon ? termsOf(only.code, only.coupon) : null };
};

/** POST /coupons/validate */
export const validateCoupons: Handler<typeof calls.validateCoupons> = async ({ query, body }, context) => {
  const { codes, answer } = await look({ ...body, lock: body.lock === true || query.lock === "true", codes: body.coupons.map(codeOf) }, context);
  const { lockReference } = answer;
  return {
    ...answer,
    coupons: codes.flatMap(({ code, coupon }) => (coupon ? termsOf(code, coupon) : [])),
    validCoupons: codes.filter(isValid).map(({ code, coupon }) => ({ code, lockReference, ...judged(coupon) })),
    invalidCoupons: codes.filter((code) => !isValid(code)).map(({ code, refusals }) => ({ code, error: refusals.map((refusal) => apiReason(refusal).message).join(" "), reasons: refusals.map(apiReason) })),
  };
};

/** POST /coupons/burn */
export const burn: Handler<typeof calls.burn> = async ({ body }, { shop, now }) => {
  const burning = await burnCoupons(shop.id, {
    ...cartOf(body),
    customerId: isNamed(body) ? await knownCustomer(shop.id, body) : null,
    what: body.lockReference == null ? { codes: (body.coupons ?? []).map(codeOf) } : { reference: body.lockReference },
    transactionId: body.transactionId,
    transactionTime: body.transactionTime ? new Date(body.transactionTime) : null,
  }, now);
  if (burning.outcome === "refused") throw useRefusal(burning);
  return { success: true, burnedAt: burning.burnedAt.toISOString(), transactionId: body.transactionId, coupons: burning.codes };
};

/** POST /coupons/release */
export const release: Handler<typeof calls.release> = ({ body }, { shop, now }) => releaseOf(shop.id, body.lockReference, now);

/** DELETE /coupons/{lockReference} */
export const releaseByPath: Handler<typeof calls.releaseByPath> = ({ params }, { shop, now }) => releaseOf(shop.id, params.lockReference, now);

async function releaseOf(shopId: number, reference: string, now: Date) {
  const releasing = await releaseLock(shopId, reference, now);
  if (releasing.outcome === "refused") throw callRefusal(releasing.call);
  return { success: true as const, releasedAt: releasing.releasedAt.toISOString(), releasedCoupons: releasing.codes };
}

interface Asked extends calls.Cart {
  customerId?: string | null | undefined;
  email?: string | null | undefined;
  mobile?: string | null | undefined;
  codes: string[];
  lock: boolean;
  lockReference?: string | null | undefined;
  lockDuration?: number | null | undefined;
}

/** Validates, and locks if that was asked; throws ApiRefusal if what was to be locked cannot be. */
async function look(asked: Asked, { shop, now, requestKey }: ApiContext) {
  const customerId = isNamed(asked) ? await (asked.lock ? knownCustomer : lookUpCustomer)(shop.id, asked) : null;
  const cart: Cart = { ...cartOf(asked), customerId };
  if (!asked.lock) {
    const { codes } = await validate(shop.id, { ...cart, codes: asked.codes }, now);
    return { codes, answer: { ...summary(codes, shop.currency), lockReference: null, dateToExpire: null } };
  }
  const reference = asked.lockReference ?? `lock_${requestKey}`;
  const locking = await lockCoupons(shop.id, { ...cart, codes: asked.codes, reference, minutes: asked.lockDuration ?? null }, now);
  if (locking.outcome === "refused") throw useRefusal(locking);
  // What is locked is the caller's, whatever another look would say of it.
  const codes = locking.codes.map((code) => ({ ...code, refusals: [] }));
  return { codes, answer: { ...summary(codes, shop.currency), lockReference: locking.reference, dateToExpire: locking.endsAt.toISOString() } };
}

const codeOf = (sent: string | { code: string }) => (typeof sent === "string" ? sent : sent.code);
const isValid = ({ refusals }: ValidatedCode) => refusals.length === 0;

function summary(codes: ValidatedCode[], shopCurrency: string) {
  const valid = codes.every(isValid);
  return {
    isValid: valid,
    valid,
    currency: codes.find(({ coupon }) => coupon)?.coupon?.award.currency ?? shopCurrency,
    reasons: codes.flatMap(({ code, refusals }) => refusals.map((refusal) => ({ ...apiReason(refusal), ...(codes.length > 1 && { coupon: code }) }))),
    notJudged: [...new Set(codes.flatMap(({ unjudged }) => unjudged))],
  };
}

function judged(coupon: ValidatedCoupon | null) {
  return {
    discountType: coupon && couponType(coupon.award.kind),
    discountAmount: coupon && amountOrNull(coupon.discountMinor, coupon.award.currency),
  };
}

function termsOf(code: string, { facts, award, endsAt, usageLimit }: ValidatedCoupon) {
  return couponTerms({ code, award, valueMinor: facts.issuance?.valueMinor ?? facts.valueMinor, minOrderMinor: facts.minOrderMinor, usageLimit, endsAt });
}
