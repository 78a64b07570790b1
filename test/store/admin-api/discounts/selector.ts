/** "Exactly one of ids, search and saved search": the way bulk mutations say which. */
import { userError, type UserError } from "../user-error";

export interface Selector {
  ids?: string[] | null;
  search?: string | null;
  savedSearchId?: string | null;
}

interface Choosing {
  ids: (gids: string[]) => string[];
  search: (text: string) => string[];
  /** What an empty list of ids is answered with; null lets it pass. */
  emptyIds: UserError | null;
}

const CODE_WORDS = {
  missing: "Missing expected argument key: 'ids', 'search' or 'saved_search_id'.",
  several: "Only one of 'ids', 'search' or 'saved_search_id' is allowed.",
  savedSearch: "Invalid 'saved_search_id'.",
};

const AUTOMATIC_WORDS = {
  missing: "One of IDs, search argument or saved search ID is required.",
  several: "Only one of IDs, search argument or saved search ID is allowed.",
  savedSearch: "Invalid savedSearchId.",
};

/** What the selector chooses, or Shopify's complaint about it. The local store has no saved searches. */
export function chooseBySelector(selector: Selector, choosing: Choosing, automatic = false): { chosen: string[] } | { error: UserError } {
  const words = automatic ? AUTOMATIC_WORDS : CODE_WORDS;
  const { ids, search, savedSearchId } = selector;
  const given = [ids, search, savedSearchId].filter((value) => value != null);
  if (given.length === 0) return { error: userError(null, words.missing, "MISSING_ARGUMENT") };
  if (given.length > 1) return { error: userError(null, words.several, "TOO_MANY_ARGUMENTS") };
  if (savedSearchId != null) return { error: userError(["savedSearchId"], words.savedSearch, "INVALID") };
  // Only the code discounts' mutations mind a blank search; the automatic ones' find nothing by it.
  if (search?.trim() === "") return automatic ? { chosen: [] } : { error: userError(["search"], "'Search' can't be blank.", "BLANK") };
  if (search != null) return { chosen: choosing.search(search) };
  if (ids?.length === 0 && choosing.emptyIds) return { error: choosing.emptyIds };
  return { chosen: choosing.ids(ids ?? []) };
}
