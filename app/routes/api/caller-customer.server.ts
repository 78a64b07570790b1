/** Whom a call is about. */
import type { CustomerFinding } from "../../domain/customers/find.server";
import { findNamed, meetCustomer, type NamedBy } from "../../domain/customers/meet.server";
import { ApiRefusal } from "./door.server";

interface Sent {
  customerId?: string | null | undefined;
  email?: string | null | undefined;
  mobile?: string | null | undefined;
}

const named = ({ customerId, email, mobile }: Sent): NamedBy => ({ customerId: customerId ?? null, email: email ?? null, phone: mobile ?? null });

/** Whether a call that can do without says of whom it is. */
export function isNamed({ customerId, email, mobile }: Sent): boolean {
  return [customerId, email, mobile].some((name) => name != null);
}

/** Our id of the customer whom a call names, for a call that only looks. Throws ApiRefusal. */
export async function lookUpCustomer(shopId: number, sent: Sent): Promise<bigint> {
  return found(await findNamed(shopId, named(sent)));
}

/** The same for a call that does something: what it says of the customer is remembered. Throws ApiRefusal. */
export async function knownCustomer(shopId: number, sent: Sent): Promise<bigint> {
  return found(await meetCustomer(shopId, named(sent)));
}

function found(finding: CustomerFinding): bigint {
  switch (finding.outcome) {
    case "found":
      return finding.customerId;
    case "unknown":
      throw new ApiRefusal("customer_unknown");
    case "ambiguous":
      throw new ApiRefusal("customer_ambiguous");
    default:
      return finding satisfies never;
  }
}
