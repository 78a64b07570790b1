/** A discount's terms as Shopify has them, whoever set them. */
import { z } from "zod";
import { FUNCTION_METAFIELD } from "../../contract/function-configuration";
import type { Operation } from "../operation";

const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const Gids = z.object({ nodes: z.array(z.object({ id: z.string() })) }).transform(({ nodes }) => nodes.map(({ id }) => id));
const Money = z.object({ amount: z.string(), currencyCode: z.string() });

const Terms = z.object({
  __typename: z.string(),
  status: z.string(),
  startsAt: Instant,
  endsAt: Instant.nullable(),
  usageLimit: z.int().nullable(),
  appliesOncePerCustomer: z.boolean(),
  combinesWith: z.object({ orderDiscounts: z.boolean(), productDiscounts: z.boolean(), shippingDiscounts: z.boolean() }),
  context: z.object({ __typename: z.string(), customers: z.array(z.object({ id: z.string() })).optional(), segments: z.array(z.object({ id: z.string() })).optional() }),
  minimumRequirement: z.object({ greaterThanOrEqualToSubtotal: Money.optional(), greaterThanOrEqualToQuantity: z.string().optional() }).nullish(),
  customerGets: z
    .object({
      value: z.object({ percentage: z.number().optional(), amount: Money.optional() }),
      items: z.object({ products: Gids.optional(), productVariants: Gids.optional(), collections: Gids.optional() }),
    })
    .optional(),
});

const Answer = z.object({ discountNode: z.object({ metafield: z.object({ value: z.string() }).nullable(), discount: Terms }).nullable() });
export type FoundTerms = NonNullable<z.infer<typeof Answer>["discountNode"]>;

const SHARED = `status startsAt endsAt usageLimit appliesOncePerCustomer
        combinesWith { orderDiscounts productDiscounts shippingDiscounts }
        context { __typename ... on DiscountCustomers { customers { id } } ... on DiscountCustomerSegments { segments { id } } }`;
const MINIMUM = `minimumRequirement {
          ... on DiscountMinimumSubtotal { greaterThanOrEqualToSubtotal { amount currencyCode } }
          ... on DiscountMinimumQuantity { greaterThanOrEqualToQuantity }
        }`;

/** The terms; null: there is no such discount (any more). */
export const readTerms: Operation<{ id: string }, FoundTerms | null> = {
  name: "readTerms",
  document: `query readTerms($id: ID!) {
    discountNode(id: $id) {
      metafield(namespace: "${FUNCTION_METAFIELD.namespace}", key: "${FUNCTION_METAFIELD.key}") { value }
      discount {
        __typename
        ... on DiscountCodeBasic {
          ${SHARED} ${MINIMUM}
          customerGets {
            value { ... on DiscountPercentage { percentage } ... on DiscountAmount { amount { amount currencyCode } } }
            items {
              ... on DiscountProducts { products(first: 100) { nodes { id } } productVariants(first: 100) { nodes { id } } }
              ... on DiscountCollections { collections(first: 100) { nodes { id } } }
            }
          }
        }
        ... on DiscountCodeFreeShipping { ${SHARED} ${MINIMUM} }
        ... on DiscountCodeApp { ${SHARED} }
      }
    }
  }`,
  cost: 32,
  answer: Answer.transform((data) => data.discountNode),
  userErrors: () => [],
};
