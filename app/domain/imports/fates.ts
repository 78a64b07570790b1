/** Why a row of an import is not applied: one closed list for the preview, the issues file and the API. Pure. */
import { CODE_FAULTS, MAX_LISTED_LENGTH } from "../codes/list";

/** What a row says by itself. */
const ROW_FATES = {
  no_code: "There is no code in this row.",
  malformed_code: CODE_FAULTS.malformed,
  code_too_long: `The code is longer than ${MAX_LISTED_LENGTH} characters.`,
  no_customer: "This row names no customer.",
  bad_customer_id: "This is no customer id: use Shopify's number or gid, or ours (cus_…).",
  bad_email: "This is no e-mail address.",
  bad_phone: "This is no phone number: begin with + and the country code.",
  bad_external_id: "An external id has 1 to 100 characters.",
  bad_points: "Points are a whole number other than 0, at most 1,000,000,000.",
  note_too_long: "The reason is longer than 200 characters.",
} as const;

/** What it means in this shop, at this moment. */
const SHOP_FATES = {
  unknown_customer_id: "No customer has this id.",
  unknown_email: "No customer has this e-mail address.",
  unknown_phone: "No customer has this phone number.",
  unknown_external_id: "No customer has this external id.",
  ambiguous_customer: "More than one customer goes by this.",
  duplicate_in_file: "The file says this more than once; the first row counts.",
  already_here: CODE_FAULTS.already_here,
  already_ours: CODE_FAULTS.already_ours,
  takes_no_codes: "The award takes no more codes: it is archived, over, or of other terms since the file came.",
  already_listed: "This customer is on the award's list already.",
  nothing_to_revoke: "This customer has no active coupon of the award.",
  locked: "A till has the coupon locked for a transaction. Upload the row again later.",
  below_zero: "The customer has fewer points than this row takes.",
  too_many_points: "The balance cannot count so many points.",
} as const;

/** The outcomes of giving a coupon, as an import tells them; generic_twice: of one code for everybody. */
const ISSUE_FATES = {
  award_inactive: "The award is switched off, archived or over.",
  not_started: "The award's period has not begun.",
  not_eligible: "The award is not for this customer.",
  customer_max_reached: "The customer has had as many as one customer may have.",
  too_soon: "The gap between two coupons of one customer has not passed.",
  coupon_max_reached: "The award was given as often as it may be.",
  generic_twice: "The award has one code for everybody, and this customer has it.",
  existing_sent: "The customer has an unused coupon of the award.",
  coupon_expired: "The coupon would be over before it begins.",
  insufficient_points: "The customer has too few points.",
  out_of_codes: "No code of the award is ready: none is left, or its discount is switched off in Shopify.",
  error: "A fault on our side. Upload the row again.",
} as const;

export const IMPORT_FATES = { ...ROW_FATES, ...SHOP_FATES, ...ISSUE_FATES } as const;
export type ImportFate = keyof typeof IMPORT_FATES;
export type RowFate = keyof typeof ROW_FATES;

/** What a person reads about a fate as it is stored. */
export function fateText(fate: string): string {
  return isFate(fate) ? IMPORT_FATES[fate] : fate;
}

function isFate(fate: string): fate is ImportFate {
  return fate in IMPORT_FATES;
}

/** The fates that a row keeps whatever happens in the shop. */
export const ROW_FATE_NAMES = Object.keys(ROW_FATES);
