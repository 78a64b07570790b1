/** Who is in a customer segment; only `customer_tags CONTAINS '…'` is modelled. */
import type { StoreCustomer, StoreSegment } from "./state";

/** The tag that the segment's customers have; undefined: its query says something else. */
export function tagOf({ query }: StoreSegment): string | undefined {
  return /^customer_tags CONTAINS '([^']+)'$/.exec(query)?.[1];
}

/** Whether the segment holds a customer with these tags. */
export function isMember(segment: StoreSegment, { tags }: Pick<StoreCustomer, "tags">): boolean {
  const tag = tagOf(segment);
  return tag !== undefined && tags.includes(tag);
}
