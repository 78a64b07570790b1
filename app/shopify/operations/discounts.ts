/** Parent discounts: create, bring up to date, switch off, find by a code. */
import { z } from "zod";
import { UserError, type Operation } from "../operation";

/** DiscountCodeBasicInput, as far as we use it: https://shopify.dev/docs/api/admin-graphql/2026-07/input-objects/DiscountCodeBasicInput */
export interface DiscountCodeBasicInput {
  title: string;
  /** Only at creation: the code of a discount with many codes cannot be changed. */
  code?: string;
  startsAt: string;
  endsAt: string | null;
  context: { all: "ALL" };
  customerGets: {
    value: { percentage: number } | { discountAmount: { amount: string; appliesOnEachItem: boolean } };
    items: { all: true };
  };
  minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: string } } | null;
  usageLimit: number | null;
  appliesOncePerCustomer: boolean;
  combinesWith: { orderDiscounts: boolean; productDiscounts: boolean; shippingDiscounts: boolean };
}

const Node = z.object({ id: z.string() });
const Put = z.object({ codeDiscountNode: Node.nullable(), userErrors: z.array(UserError) });
type Put = z.infer<typeof Put>;
const userErrors = (answer: { userErrors: UserError[] }) => answer.userErrors;

export const createDiscount: Operation<{ input: DiscountCodeBasicInput }, Put> = {
  name: "createDiscount",
  document: `mutation createDiscount($input: DiscountCodeBasicInput!) {
    discountCodeBasicCreate(basicCodeDiscount: $input) {
      codeDiscountNode { id }
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ discountCodeBasicCreate: Put }).transform((data) => data.discountCodeBasicCreate),
  userErrors,
};

export const updateDiscount: Operation<{ id: string; input: DiscountCodeBasicInput }, Put> = {
  name: "updateDiscount",
  document: `mutation updateDiscount($id: ID!, $input: DiscountCodeBasicInput!) {
    discountCodeBasicUpdate(id: $id, basicCodeDiscount: $input) {
      codeDiscountNode { id }
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ discountCodeBasicUpdate: Put }).transform((data) => data.discountCodeBasicUpdate),
  userErrors,
};

export const deactivateDiscount: Operation<{ id: string }, Put> = {
  name: "deactivateDiscount",
  document: `mutation deactivateDiscount($id: ID!) {
    discountCodeDeactivate(id: $id) {
      codeDiscountNode { id }
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ discountCodeDeactivate: Put }).transform((data) => data.discountCodeDeactivate),
  userErrors,
};

const Found = z.object({
  codeDiscountNodeByCode: z
    .object({ id: z.string(), codeDiscount: z.object({ codes: z.object({ nodes: z.array(z.object({ id: z.string(), code: z.string() })) }).optional() }) })
    .nullable(),
});

/** The discount that has a code, and the code's own gid where Shopify names it. */
export const findByCode: Operation<{ code: string; query: string }, z.infer<typeof Found>["codeDiscountNodeByCode"]> = {
  name: "findByCode",
  document: `query findByCode($code: String!, $query: String!) {
    codeDiscountNodeByCode(code: $code) {
      id
      codeDiscount { ... on DiscountCodeBasic { codes(first: 1, query: $query) { nodes { id code } } } }
    }
  }`,
  cost: 4,
  answer: Found.transform((data) => data.codeDiscountNodeByCode),
  userErrors: () => [],
};

/** Codes asked for in one call of findOwners. */
export const OWNERS_PER_CALL = 50;

const Owners = z.record(z.string(), Node.nullable());

/** The discounts that have these codes (variables c0, c1, …), one point each; answered in the same order. */
export function findOwners(count: number): Operation<Record<string, string>, (string | null)[]> {
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  return {
    name: `findOwners${count}`,
    document: `query findOwners(${names.map((name) => `$${name}: String!`).join(", ")}) {
      ${names.map((name) => `${name}: codeDiscountNodeByCode(code: $${name}) { id }`).join("\n      ")}
    }`,
    cost: count,
    answer: Owners.transform((data) => names.map((name) => data[name]?.id ?? null)),
    userErrors: () => [],
  };
}
