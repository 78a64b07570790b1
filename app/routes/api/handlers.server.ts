/** Who answers which call: one handler for each, by its name in the contract. */
import type { OPERATIONS, OperationName } from "../../contract/api/operations";
import { predefined } from "./coupons.server";
import type { Handler } from "./handler";

export const HANDLERS: { [K in OperationName]: Handler<(typeof OPERATIONS)[K]> } = {
  predefined,
};
