import type { DeliveryInput } from "./input";
import { eligible } from "./rules";

export interface DeliveryResult {
  operations: { deliveryDiscountsAdd: { selectionStrategy: "ALL"; candidates: { targets: { deliveryGroup: { id: string } }[]; value: { percentage: { value: string } } }[] } }[];
}

/** Free shipping. */
export function cartDeliveryOptionsDiscountsGenerateRun(input: DeliveryInput): DeliveryResult {
  const cart = eligible(input);
  const targets = input.cart.deliveryGroups.map(({ id }) => ({ deliveryGroup: { id } }));
  if (cart?.configuration.value.kind !== "shipping" || targets.length === 0) return { operations: [] };
  return { operations: [{ deliveryDiscountsAdd: { selectionStrategy: "ALL", candidates: [{ targets, value: { percentage: { value: "100" } } }] } }] };
}
