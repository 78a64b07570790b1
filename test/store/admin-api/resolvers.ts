/** Every root field of the Admin API that the local store answers. */
import { customerQueries } from "./customers";
import { discountMutations, discountQueries } from "./discounts/resolvers";
import { jobQueries } from "./jobs";
import { productQueries } from "./products";
import { shopQueries } from "./shop";

export const resolvers = {
  QueryRoot: { ...shopQueries, ...customerQueries, ...productQueries, ...discountQueries, ...jobQueries },
  Mutation: { ...discountMutations },
};
