/** The errors a mutation returns beside its result. */
import type { Presented } from "./context";

export interface UserError {
  field: readonly string[] | null;
  message: string;
  code: string | null;
}

export function userError(field: readonly string[] | null, message: string, code: string | null): UserError {
  return { field, message, code };
}

/** As the schema names it: DiscountUserError has `extraInfo` beside the three. */
export function presentUserErrors(typename: string, errors: readonly UserError[]): Presented[] {
  return errors.map((error) => ({ __typename: typename, ...error, extraInfo: null }));
}
