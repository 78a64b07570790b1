import { getOperationAST, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { requestedCost } from "#test/store/admin-api/cost.ts";
import { ensureAdminSchema } from "#test/store/schema.ts";
import * as bulkQuery from "./bulk-query";
import * as collections from "./collections";
import * as discountCodes from "./discount-codes";
import * as discountTerms from "./discount-terms";
import * as discounts from "./discounts";
import * as orders from "./orders";
import * as redeemCodes from "./redeem-codes";
import * as segments from "./segments";
import * as titles from "./titles";

const operations = [...Object.values(discounts), ...Object.values(bulkQuery), ...Object.values(discountCodes), ...Object.values(discountTerms), ...Object.values(orders), ...Object.values(redeemCodes), ...Object.values(titles), ...Object.values(collections), ...Object.values(segments)]
  .flatMap((each) => (typeof each === "object" && "document" in each ? [each] : []));
const all = [...operations, discounts.findOwners(1), discounts.findOwners(discounts.OWNERS_PER_CALL)];

describe("every operation", () => {
  it.each(all.map((operation) => [operation.name, operation.document]))("%s is valid in Shopify's schema", (_, document) => {
    expect(validate(ensureAdminSchema().schema, parse(document))).toEqual([]);
  });

  it.each(all.map(({ name, document, cost }) => [name, document, cost] as const))("%s counts on all that Shopify reserves for it, or the first call would be thrown back", (_, text, cost) => {
    const [schema, document] = [ensureAdminSchema().schema, parse(text)];
    const operation = getOperationAST(document);
    if (!operation) throw new Error("no operation is in it");
    expect(cost).toBeGreaterThanOrEqual(requestedCost({ schema, document, operation, variables: {} }));
  });

  it("is looked at", () => {
    expect(operations.length).toBeGreaterThanOrEqual(15);
  });
});
