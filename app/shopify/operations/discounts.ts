/** Parent discounts: create, bring up to date, switch off, find by a code. */
import { z } from "zod";
import { UserError, type Operation } from "../operation";

/** What the inputs of all code discounts share, as far as we use it: https://shopify.dev/docs/api/admin-graphql/2026-07/input-objects/DiscountCodeBasicInput */
export interface DiscountInput {
  title: string;
  /** Only at creation: the code of a discount with many codes cannot be changed. */
  code?: string;
  startsAt: string;
  endsAt: string | null;
  context: { all: "ALL" } | { customers: CustomersInput };
  usageLimit: number | null;
  appliesOncePerCustomer: boolean;
  combinesWith: { orderDiscounts: boolean; productDiscounts: boolean; shippingDiscounts: boolean };
  /** Payments of a subscription; 0: all. */
  recurringCycleLimit?: number;
}

export interface CustomersInput {
  add: string[];
  remove: string[];
}

export type ItemsInput =
  | { all: true }
  | { products: { productsToAdd: string[]; productsToRemove: string[]; productVariantsToAdd: string[]; productVariantsToRemove: string[] } }
  | { collections: { add: string[]; remove: string[] } };

interface Minimum {
  minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: string } } | null;
}

export interface BasicInput extends DiscountInput, Minimum {
  customerGets: {
    value: { percentage: number } | { discountAmount: { amount: string; appliesOnEachItem: boolean } };
    items: ItemsInput;
    appliesOnSubscription?: boolean;
  };
}

export interface FreeShippingInput extends DiscountInput, Minimum {
  destination: { all: true };
  appliesOnSubscription?: boolean;
}

export interface FunctionInput extends DiscountInput {
  functionHandle: string;
  discountClasses: ("ORDER" | "PRODUCT" | "SHIPPING")[];
  metafields?: MetafieldInput[];
}

export interface MetafieldInput {
  namespace: string;
  key: string;
  type: "json";
  value: string;
}

/** What a mutation of a discount answers: its gid, unless it was refused. */
interface Put {
  gid: string | null;
  userErrors: UserError[];
}
const userErrors = (answer: { userErrors: UserError[] }) => answer.userErrors;

/** A mutation whose payload has the discount's node. */
function nodeMutation<Variables>(name: string, field: string, variables: string, input: string): Operation<Variables, Put> {
  const Payload = z.object({ codeDiscountNode: z.object({ id: z.string() }).nullable(), userErrors: z.array(UserError) });
  return {
    name,
    document: `mutation ${name}(${variables}) {
      ${field}(${input}) {
        codeDiscountNode { id }
        userErrors { field message code }
      }
    }`,
    cost: 10,
    answer: z.object({ [field]: Payload }).transform((data): Put => {
      const payload = Payload.parse(data[field]);
      return { gid: payload.codeDiscountNode?.id ?? null, userErrors: payload.userErrors };
    }),
    userErrors,
  };
}

export const createBasic = nodeMutation<{ input: BasicInput }>("createBasic", "discountCodeBasicCreate", "$input: DiscountCodeBasicInput!", "basicCodeDiscount: $input");
export const updateBasic = nodeMutation<{ id: string; input: BasicInput }>("updateBasic", "discountCodeBasicUpdate", "$id: ID!, $input: DiscountCodeBasicInput!", "id: $id, basicCodeDiscount: $input");
export const createFreeShipping = nodeMutation<{ input: FreeShippingInput }>("createFreeShipping", "discountCodeFreeShippingCreate", "$input: DiscountCodeFreeShippingInput!", "freeShippingCodeDiscount: $input");
export const updateFreeShipping = nodeMutation<{ id: string; input: FreeShippingInput }>(
  "updateFreeShipping", "discountCodeFreeShippingUpdate", "$id: ID!, $input: DiscountCodeFreeShippingInput!", "id: $id, freeShippingCodeDiscount: $input");
/** Its end is now. */
export const deactivateDiscount = nodeMutation<{ id: string }>("deactivateDiscount", "discountCodeDeactivate", "$id: ID!", "id: $id");

const FunctionPayload = z.object({ codeAppDiscount: z.object({ discountId: z.string() }).nullable(), userErrors: z.array(UserError) });
type FunctionPayload = z.infer<typeof FunctionPayload>;
const putFunction = ({ codeAppDiscount, userErrors: errors }: FunctionPayload): Put => ({ gid: codeAppDiscount?.discountId ?? null, userErrors: errors });

export const createFunction: Operation<{ input: FunctionInput }, Put> = {
  name: "createFunction",
  document: `mutation createFunction($input: DiscountCodeAppInput!) {
    discountCodeAppCreate(codeAppDiscount: $input) {
      codeAppDiscount { discountId }
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ discountCodeAppCreate: FunctionPayload }).transform((data) => putFunction(data.discountCodeAppCreate)),
  userErrors,
};

const MetafieldsPayload = z.object({ userErrors: z.array(UserError) });

/** The discount and its configuration in one call: an update of the discount alone cannot change a metafield that is there. */
export const updateFunction: Operation<{ id: string; input: FunctionInput; metafields: (MetafieldInput & { ownerId: string })[] }, Put> = {
  name: "updateFunction",
  document: `mutation updateFunction($id: ID!, $input: DiscountCodeAppInput!, $metafields: [MetafieldsSetInput!]!) {
    discountCodeAppUpdate(id: $id, codeAppDiscount: $input) {
      codeAppDiscount { discountId }
      userErrors { field message code }
    }
    metafieldsSet(metafields: $metafields) {
      userErrors { field message code }
    }
  }`,
  cost: 20,
  answer: z.object({ discountCodeAppUpdate: FunctionPayload, metafieldsSet: MetafieldsPayload }).transform((data): Put => {
    const put = putFunction(data.discountCodeAppUpdate);
    return { ...put, userErrors: [...put.userErrors, ...data.metafieldsSet.userErrors] };
  }),
  userErrors,
};

const Gids = z.object({ nodes: z.array(z.object({ id: z.string() })) }).transform(({ nodes }) => nodes.map(({ id }) => id));
const Context = z.object({ customers: z.array(z.object({ id: z.string() })).optional() });
const Standing = z.object({
  discountNode: z
    .object({
      discount: z.object({
        __typename: z.string(),
        context: Context.optional(),
        appliesOnSubscription: z.boolean().optional(),
        recurringCycleLimit: z.number().nullish(),
        customerGets: z
          .object({
            appliesOnSubscription: z.boolean(),
            items: z.object({ products: Gids.optional(), productVariants: Gids.optional(), collections: Gids.optional() }),
          })
          .optional(),
      }),
    })
    .nullable(),
});
export type Standing = NonNullable<z.infer<typeof Standing>["discountNode"]>["discount"];

/** What kind of discount this is and what it names; null: there is none (any more). */
export const readDiscount: Operation<{ id: string }, Standing | null> = {
  name: "readDiscount",
  document: `query readDiscount($id: ID!) {
    discountNode(id: $id) {
      discount {
        __typename
        ... on DiscountCodeBasic {
          context { ...named }
          customerGets {
            appliesOnSubscription
            items {
              ... on DiscountProducts { products(first: 100) { nodes { id } } productVariants(first: 100) { nodes { id } } }
              ... on DiscountCollections { collections(first: 100) { nodes { id } } }
            }
          }
        }
        ... on DiscountCodeFreeShipping { context { ...named } appliesOnSubscription }
        ... on DiscountCodeApp { context { ...named } recurringCycleLimit }
      }
    }
  }
  fragment named on DiscountContext { ... on DiscountCustomers { customers { id } } }`,
  cost: 30,
  answer: Standing.transform((data) => data.discountNode?.discount ?? null),
  userErrors: () => [],
};

const Deleted = z.object({ deletedCodeDiscountId: z.string().nullable(), userErrors: z.array(UserError) });

/** Takes a discount and all its codes away. */
export const deleteDiscount: Operation<{ id: string }, z.infer<typeof Deleted>> = {
  name: "deleteDiscount",
  document: `mutation deleteDiscount($id: ID!) {
    discountCodeDelete(id: $id) {
      deletedCodeDiscountId
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ discountCodeDelete: Deleted }).transform((data) => data.discountCodeDelete),
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
      codeDiscount {
        ... on DiscountCodeBasic { codes(first: 1, query: $query) { nodes { id code } } }
        ... on DiscountCodeFreeShipping { codes(first: 1, query: $query) { nodes { id code } } }
        ... on DiscountCodeApp { codes(first: 1, query: $query) { nodes { id code } } }
      }
    }
  }`,
  cost: 5,
  answer: Found.transform((data) => data.codeDiscountNodeByCode),
  userErrors: () => [],
};

/** Codes asked for in one call of findOwners. */
export const OWNERS_PER_CALL = 50;

const Owners = z.record(z.string(), z.object({ id: z.string() }).nullable());

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
