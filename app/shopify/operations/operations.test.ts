import { parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { ensureAdminSchema } from "#test/store/schema.ts";
import * as bulkQuery from "./bulk-query";
import * as discountCodes from "./discount-codes";
import * as discountTerms from "./discount-terms";
import * as discounts from "./discounts";
import * as orders from "./orders";
import * as redeemCodes from "./redeem-codes";
import * as titles from "./titles";

const operations = [...Object.values(discounts), ...Object.values(bulkQuery), ...Object.values(discountCodes), ...Object.values(discountTerms), ...Object.values(orders), ...Object.values(redeemCodes), ...Object.values(titles)].flatMap((each) => (typeof each === "object" && "document" in each ? [each] : []));

describe("every operation", () => {
  it.each([...operations, discounts.findOwners(1), discounts.findOwners(discounts.OWNERS_PER_CALL)].map((operation) => [operation.name, operation.document]))("%s is valid in Shopify's schema", (_, document) => {
    expect(validate(ensureAdminSchema().schema, parse(document))).toEqual([]);
  });

  it("is looked at", () => {
    expect(operations.length).toBeGreaterThanOrEqual(15);
  });
});
