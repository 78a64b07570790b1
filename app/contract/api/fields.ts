/** Fields that several calls share. A field that a call can do without may also be sent as null, or as an empty text. */
import { z } from "zod";

/** A text that is not empty. */
export const text = (max: number) => z.string().min(1).max(max);

/** An id of another system: text, or a whole number that is read as text. */
export const OutsideId = z.union([text(255), z.int().min(0)]).transform(String);

export const CustomerId = OutsideId.describe("The customer: Shopify's number (7012345678901) or gid, or what your system calls them once it is known to us.");
export const Email = text(254).nullish().describe("Names the customer where customerId does not; kept for one whose address we do not know.");
export const Mobile = text(40).nullish().describe("Like email, with country code: +4915112345678.");

/** Who is meant, in a body. */
export const NamedCustomer = { customerId: CustomerId, email: Email, mobile: Mobile };

export const RuleId = z.int().min(1).max(999_999_999).describe("The award's number.");
export const Code = text(255).describe("A coupon's code; upper and lower case are the same.");

/** Money as integrators write it. 10^12 units of a currency with three digits still fit a number exactly. */
export const MAX_AMOUNT = 1e12;
export const Amount = z.number().min(0).max(MAX_AMOUNT);

const LATEST = Date.UTC(9999, 0, 1);
const isStorable = (text: string) => Date.parse(text) >= 0 && Date.parse(text) < LATEST;
export const When = z.iso.datetime({ offset: true }).refine(isStorable, "Send an instant from 1970 to 9998.");
/** When something happened at the integrator's; without a zone it is UTC. */
export const HappenedAt = z.iso
  .datetime({ offset: true, local: true })
  .transform((told) => (/(?:Z|[+-]\d\d:?\d\d)$/.test(told) ? told : `${told}Z`))
  .refine(isStorable, "Send an instant from 1970 to 9998.");
/** An instant in an answer. */
export const Instant = z.iso.datetime().describe("UTC.");

/** The number of a page's rows, and where it begins. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("Rows at most."),
  cursor: text(200).optional().describe("nextCursor of the page before; left out: the first page."),
});

/** What every page says of itself. */
export const PageEnd = {
  count: z.int().describe("Rows of this page."),
  hasMore: z.boolean(),
  nextCursor: z.string().nullable().describe("Send it as cursor for the next page; null: this is the last."),
};
