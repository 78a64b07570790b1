/** Calls of a back office about the stock of an award's codes. */
import { z } from "zod";
import { Code, Instant, RuleId } from "./fields";
import { operation } from "./operation";

const NONE = z.object({});
const Params = z.object({ ruleId: z.coerce.number().int().min(1).max(999_999_999).describe("The award's number.") });

const Stock = z.object({
  ruleId: RuleId,
  ready: z.int().describe("Codes that can be given out now; 100,001 says that there are more than 100,000."),
  stockTarget: z.int().describe("How many are kept ready; 0: we do not make them."),
  selfSizing: z.boolean().describe("The target follows recent demand."),
  lowStockAt: z.int().nullable().describe("Staff are told when fewer codes are left."),
  rotateDays: z.int().nullable().describe("One code for everybody: replaced every so many days."),
  perDay: z.number().describe("Codes given out a day, by the last week."),
  runsDryAt: Instant.nullable().describe("When the last code there is, or that can be made, will be given out at that pace. null: not in sight."),
  guess: z
    .object({
      space: z.number().describe("How many codes the pattern has."),
      made: z.number().describe("How many of them were made."),
      fill: z.number().describe("The share of the space that was made."),
      odds: z.number().describe("At most so likely does one random guess hit a code that works."),
      risky: z.boolean().describe("From one in a million on."),
    })
    .nullable()
    .describe("null: we do not make the codes."),
});

export const awardStock = operation({
  method: "GET", path: "/awards/{ruleId}/stock", tag: "Awards", summary: "See the stock of an award's codes",
  description: "What is left, how long it lasts, and how easily a code is guessed.",
  scope: "awards:read", writes: false, params: Params, query: NONE, body: null, answer: Stock, errors: ["award_unknown"],
});

export const changeStock = operation({
  method: "PUT", path: "/awards/{ruleId}/stock", tag: "Awards", summary: "Change how an award's codes are looked after",
  description: "Changes what is sent; the rest stays.",
  scope: "awards:write", writes: true, params: Params, query: NONE,
  body: z.object({
    stockTarget: z.int().min(1).max(1_000_000).optional(),
    selfSizing: z.boolean().optional(),
    lowStockAt: z.int().min(1).max(1_000_000).nullable().optional(),
    rotateDays: z.int().min(1).max(366).nullable().optional(),
  }),
  answer: Stock, errors: ["award_unknown", "award_refused"],
});

export const replaceCode = operation({
  method: "POST", path: "/awards/{ruleId}/code", tag: "Awards", summary: "Replace the one code for everybody",
  description: "The old code is given out until the new one can be, and works for those who hold it. Repeated while the new one is the newest, it answers the same.",
  scope: "awards:write", writes: true, params: Params, query: NONE,
  body: z.object({
    code: Code.optional().describe("Left out: we make one."),
    replaces: Code.optional().describe("The code you take for the newest: if it is not, nothing is done."),
  }),
  answer: z.object({ code: z.string().describe("The newest code."), replaced: z.string().nullable().describe("The one before it; null: none, or nothing was replaced.") }),
  errors: ["award_unknown", "award_refused"],
});
