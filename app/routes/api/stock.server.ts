/** The calls of a back office about the stock of an award's codes. */
import type * as calls from "../../contract/api/stock";
import { changePool } from "../../domain/codes/change-pool.server";
import { rotateCode } from "../../domain/codes/rotate.server";
import { stockForecast } from "../../domain/codes/stock.server";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";

/** GET /awards/{ruleId}/stock */
export const awardStock: Handler<typeof calls.awardStock> = async ({ params }, { shop, now }) => shown(shop.id, params.ruleId, now);

/** PUT /awards/{ruleId}/stock */
export const changeStock: Handler<typeof calls.changeStock> = async ({ params, body }, { shop, now }) => {
  const sent = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  const changed = await changePool(shop.id, params.ruleId, sent, now);
  switch (changed.outcome) {
    case "changed":
      return shown(shop.id, params.ruleId, now);
    case "refused":
      throw new ApiRefusal("award_refused", changed.problems.map(({ field, message }) => `${field}: ${message}`).join(" "), {}, { problems: changed.problems });
    case "not_found":
      throw new ApiRefusal("award_unknown");
    default:
      return changed satisfies never;
  }
};

/** POST /awards/{ruleId}/code */
export const replaceCode: Handler<typeof calls.replaceCode> = async ({ params, body }, { shop, now }) => {
  const rotated = await rotateCode(shop.id, params.ruleId, body, now);
  switch (rotated.outcome) {
    case "rotated":
      return { code: rotated.code, replaced: rotated.replaced };
    case "already":
      return { code: rotated.code, replaced: null };
    case "waiting":
      throw refused("code", `${rotated.code} is not on Shopify yet. Wait a moment before you replace it again.`);
    case "stale":
      throw refused("replaces", `The newest code is ${rotated.code}.`);
    case "refused":
      throw refused("code", rotated.message);
    case "not_found":
      throw new ApiRefusal("award_unknown");
    default:
      return rotated satisfies never;
  }
};

function refused(field: string, message: string): ApiRefusal {
  return new ApiRefusal("award_refused", message, {}, { problems: [{ field, message }] });
}

async function shown(shopId: number, ruleId: number, now: Date) {
  const stock = await stockForecast(shopId, ruleId, now);
  if (!stock) throw new ApiRefusal("award_unknown");
  const { ready, stockTarget, selfSizing, lowStockAt, rotateDays, perDay, dryAt, guess } = stock;
  return { ruleId, ready, stockTarget, selfSizing, lowStockAt, rotateDays, perDay, runsDryAt: dryAt?.toISOString() ?? null, guess: guess && { space: guess.space, made: guess.made, fill: guess.fill, odds: guess.odds, risky: guess.risky } };
}
