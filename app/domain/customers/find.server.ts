/** Who is meant: customers found by what the outside world calls them. */
import type { prisma, Tx } from "../../lib/db.server";
import { gid } from "../../lib/gid";
import type { CustomerIdentifier } from "./identifier";

export type CustomerFinding =
  | { outcome: "found"; customerId: bigint }
  | { outcome: "unknown" }
  /** Several customers of the shop have this e-mail address or telephone number. */
  | { outcome: "ambiguous" };

/** The customers of the shop that these identifiers name, in their order; at most five queries however many they are. The caller bounds the list. */
export async function findCustomers(db: Tx | typeof prisma, shopId: number, identifiers: readonly CustomerIdentifier[]): Promise<CustomerFinding[]> {
  const wanted = identifiers.map(namesOf);
  const found = new Map<string, bigint[]>();
  // One query for each column, each by its own index: an OR over all of them would walk the shop's customers.
  for (const column of COLUMNS) {
    const values = wanted.flat().flatMap((name) => (name.column === column ? name.value : []));
    if (values.length === 0) continue;
    const where = column === "id" ? { id: { in: values.map(BigInt) } } : { [column]: { in: values } };
    const rows = await db.customer.findMany({ where: { shopId, ...where }, select: { id: true, gid: true, externalId: true, email: true, phone: true, mergedIntoId: true } });
    for (const row of rows) {
      const key = keyOf({ column, value: String(row[column]) });
      // Whoever was merged is the one who stayed.
      found.set(key, [...new Set([...(found.get(key) ?? []), row.mergedIntoId ?? row.id])]);
    }
  }
  return wanted.map((names) => {
    const [customerId, ...others] = names.map((name) => found.get(keyOf(name))).find((ids) => ids !== undefined) ?? [];
    if (customerId === undefined) return { outcome: "unknown" };
    return others.length > 0 ? { outcome: "ambiguous" } : { outcome: "found", customerId };
  });
}

const COLUMNS = ["id", "gid", "externalId", "email", "phone"] as const;

interface Name {
  column: (typeof COLUMNS)[number];
  value: string;
}

const keyOf = ({ column, value }: Name) => `${column}:${value}`;

/** Where to look, the first place that knows it first. */
function namesOf(identifier: CustomerIdentifier): Name[] {
  switch (identifier.by) {
    case "id":
      return [{ column: "id", value: String(identifier.id) }];
    case "gid":
      return [{ column: "gid", value: identifier.gid }];
    case "externalId":
      return [{ column: "externalId", value: identifier.externalId }];
    case "email":
      return [{ column: "email", value: identifier.email }];
    case "phone":
      return [{ column: "phone", value: identifier.phone }];
    case "number":
      return [{ column: "gid", value: gid("Customer", identifier.number) }, { column: "externalId", value: identifier.number }];
    default:
      return identifier satisfies never;
  }
}
