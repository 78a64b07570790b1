/** Every root field of the Admin API that the local store answers. */
import { bulkOperationMutations, bulkOperationQueries } from "./bulk-operations";
import { catalogueMutations } from "./catalogue-changes";
import { customerQueries } from "./customers";
import { discountMutations, discountQueries } from "./discounts/resolvers";
import { functionQueries } from "./functions";
import { jobQueries } from "./jobs";
import { nodeQueries } from "./nodes";
import { orderQueries } from "./orders";
import { productQueries } from "./products";
import { segmentMutations, segmentQueries } from "./segments";
import { shopQueries } from "./shop";

export const resolvers = {
  QueryRoot: {
    ...shopQueries,
    ...customerQueries,
    ...productQueries,
    ...orderQueries,
    ...discountQueries,
    ...functionQueries,
    ...jobQueries,
    ...bulkOperationQueries,
    ...segmentQueries,
    ...nodeQueries,
  },
  Mutation: { ...discountMutations, ...catalogueMutations, ...segmentMutations, ...bulkOperationMutations },
};
