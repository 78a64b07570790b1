/** The calls of a back office about awards. */
import type * as calls from "../../contract/api/awards";
import { addCodesToAward } from "../../domain/awards/add-codes.server";
import { NO_RULES, type AwardDraft } from "../../domain/awards/award";
import { createAward as create, type CreateAward } from "../../domain/awards/create.server";
import { duplicateAward as duplicate } from "../../domain/awards/duplicate.server";
import { limitWarnings } from "../../domain/awards/limits";
import { setAwardStatus as setStatus } from "../../domain/awards/set-status.server";
import { updateAward as update } from "../../domain/awards/update.server";
import { findWholeAward, listWholeAwards, type WholeAward } from "../../domain/awards/whole.server";
import type { AddedCodes } from "../../domain/codes/addition.server";
import { CODE_FAULTS } from "../../domain/codes/list";
import { guessWarning } from "../../domain/codes/pattern";
import { stockForecast } from "../../domain/codes/stock.server";
import { apiAward, apiProblem, changesOf, codeSourceOf, draftIn, moreCodesOf, settled } from "./award-fields";
import { ApiRefusal } from "./door.server";
import type { ApiContext, Handler } from "./handler";
import { NUMBER_KEY, pageEnd, positionOf } from "./page";

const FAILED_SHOWN = 100;
/** A draft from which every other one is made by what is sent. */
const PLAIN: Omit<AwardDraft, "name" | "kind" | "startsAt"> = {
  ...NO_RULES, value: 0, pointsPrice: null, minOrderMinor: null, endsAt: null, usesPerCode: null, usesPerCustomer: null, usesTotal: null,
  issuesPerCustomer: null, issuesTotal: null, combinesOrder: false, combinesProduct: false, combinesShipping: false,
};

/** GET /awards */
export const listAwards: Handler<typeof calls.listAwards> = async ({ query }, context) => {
  const { status = null, sold, limit, cursor, locale } = query;
  const page = await listWholeAwards(context.shop.id, { status, sold: sold === undefined ? null : sold === "true", position: positionOf(cursor, [NUMBER_KEY]), size: limit });
  return { awards: page.rows.map((award) => apiAward(award, { ...context, locale })), ...pageEnd(page) };
};

/** GET /awards/{ruleId} */
export const awardDetail: Handler<typeof calls.awardDetail> = async ({ params, query }, context) => shown(params.ruleId, context, query.locale);

/** POST /awards */
export const createAward: Handler<typeof calls.createAward> = async ({ body }, context) => {
  const { shop, now, requestKey } = context;
  const { codes, name, kind, ...rest } = body;
  const currency = body.currency ?? shop.currency;
  const draft = settled({ ...PLAIN, startsAt: now, name, kind, ...changesOf(rest, { kind, currency }) });
  return made(await create(shop.id, draft, codeSourceOf(codes, currency), now, requestKey), context);
};

/** PUT /awards/{ruleId} */
export const updateAward: Handler<typeof calls.updateAward> = async ({ params, body }, context) => {
  const { shop, now } = context;
  const { updatedAt, ...sent } = body;
  const before = await known(shop.id, params.ruleId);
  const terms = { kind: sent.kind ?? before.kind, currency: sent.currency === undefined ? before.currency : (sent.currency ?? shop.currency) };
  const updated = await update(shop.id, before.number, settled({ ...draftIn(terms, before), ...changesOf(sent, terms) }), new Date(updatedAt), now);
  switch (updated.outcome) {
    case "updated":
      return shown(before.number, context);
    case "locked":
      throw new ApiRefusal("award_locked", undefined, {}, { fields: updated.fields.map((field) => apiProblem({ field, message: "" }).field) });
    case "stale":
      throw new ApiRefusal("award_stale");
    case "not_found":
      throw new ApiRefusal("award_unknown");
    case "refused":
      throw refusal(updated.problems);
    default:
      return updated satisfies never;
  }
};

/** POST /awards/{ruleId}/status */
export const setAwardStatus: Handler<typeof calls.setAwardStatus> = async ({ params, body }, context) => {
  const { outcome } = await setStatus(context.shop.id, params.ruleId, body.status, context.now);
  if (outcome === "not_found") throw new ApiRefusal("award_unknown");
  return shown(params.ruleId, context);
};

/** POST /awards/{ruleId}/duplicate */
export const duplicateAward: Handler<typeof calls.duplicateAward> = async ({ params, body }, context) => {
  const { shop, now, requestKey } = context;
  const { codes, archive, ...sent } = body;
  const before = await known(shop.id, params.ruleId);
  const terms = { kind: sent.kind ?? before.kind, currency: sent.currency === undefined ? before.currency : (sent.currency ?? shop.currency) };
  const changes = settled({ ...draftIn(terms, before), ...changesOf(sent, terms) });
  const duplicated = await duplicate(shop.id, before.number, { changes, source: codeSourceOf(codes, terms.currency), archive: archive ?? false }, now, requestKey);
  if (duplicated.outcome === "not_found") throw new ApiRefusal("award_unknown");
  return made(duplicated, context);
};

/** POST /awards/{ruleId}/codes */
export const addCodes: Handler<typeof calls.addCodes> = async ({ params, body }, { shop, now, requestKey }) => {
  const { number, currency } = await known(shop.id, params.ruleId);
  const added = await addCodesToAward(shop.id, number, moreCodesOf(body.codes, currency), now, requestKey);
  switch (added.outcome) {
    case "added":
      return codesOf(added.codes);
    case "refused":
      throw refusal(added.problems);
    case "not_found":
      throw new ApiRefusal("award_unknown");
    default:
      return added satisfies never;
  }
};

async function known(shopId: number, number: number): Promise<WholeAward> {
  const award = await findWholeAward(shopId, number);
  if (!award) throw new ApiRefusal("award_unknown");
  return award;
}

async function shown(number: number, context: ApiContext, locale = "en") {
  return apiAward(await known(context.shop.id, number), { ...context, locale });
}

async function made(creating: CreateAward, context: ApiContext) {
  if (creating.outcome === "refused") throw refusal(creating.problems);
  const award = await known(context.shop.id, creating.awardNumber);
  const warnings = [...limitWarnings(award, award.codeSource).map(({ message }) => message), await guessWarningOf(award.number, context)];
  return { ...apiAward(award, { ...context, locale: "en" }), codes: codesOf(creating.codes), warnings: warnings.filter((warning) => warning !== null) };
}

/** Of the codes that will be kept ready, made or not yet. */
async function guessWarningOf(number: number, { shop, now }: ApiContext): Promise<string | null> {
  const stock = await stockForecast(shop.id, number, now);
  return stock?.guess ? guessWarning(Math.max(stock.guess.live, stock.stockTarget), stock.guess.space) : null;
}

function codesOf({ added, failedCount, failed }: AddedCodes) {
  return { added, failedCount, failed: failed.slice(0, FAILED_SHOWN).map(({ line, code, reason }) => ({ line, code, reason, message: CODE_FAULTS[reason] })) };
}

function refusal(problems: { field: string; message: string }[]): ApiRefusal {
  const named = problems.map(apiProblem);
  return new ApiRefusal("award_refused", named.map(({ field, message }) => `${field}: ${message}`).join(" "), {}, { problems: named });
}
