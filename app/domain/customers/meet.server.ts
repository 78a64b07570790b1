/** A customer as an integrator names them: by an id, an e-mail address or a phone number, in whatever they sent along. */
import { prisma } from "../../lib/db.server";
import { findCustomers, type CustomerFinding } from "./find.server";
import { parseEmail, parseIdentifier, parsePhone, type CustomerIdentifier } from "./identifier";
import { setExternalId } from "./set-external-id.server";

export interface NamedBy {
  /** Shopify's number or gid, "cus_7", or the integrator's own id. */
  customerId: string | null;
  email: string | null;
  phone: string | null;
}

/** The customer whom the id names, else the one whom the e-mail address does, else the phone number. */
export async function findNamed(shopId: number, named: NamedBy): Promise<CustomerFinding> {
  const { finding } = await find(shopId, named);
  return finding;
}

/**
 * The same, and what they sent along is remembered: contact data that we lacked, or the integrator's own id for a customer
 * whom only their contact data named. What we knew before is never overwritten.
 */
export async function meetCustomer(shopId: number, named: NamedBy): Promise<CustomerFinding> {
  const { finding, by, id } = await find(shopId, named);
  if (finding.outcome !== "found") return finding;
  const { customerId } = finding;
  const [email, phone] = [parseEmail(named.email ?? ""), parsePhone(named.phone ?? "")];
  if (email) await prisma.customer.updateMany({ where: { shopId, id: customerId, email: null, erasedAt: null }, data: { email } });
  if (phone) await prisma.customer.updateMany({ where: { shopId, id: customerId, phone: null, erasedAt: null }, data: { phone } });
  const externalId = id?.by === "externalId" ? id.externalId : null;
  if (externalId !== null && by !== id) await nameOnce(shopId, customerId, externalId);
  return finding;
}

async function find(shopId: number, named: NamedBy): Promise<{ finding: CustomerFinding; by: CustomerIdentifier | null; id: CustomerIdentifier | null }> {
  const id = parseIdentifier(named.customerId ?? "");
  const [email, phone] = [parseEmail(named.email ?? ""), parsePhone(named.phone ?? "")];
  const ways = [id, email && ({ by: "email", email } as const), phone && ({ by: "phone", phone } as const)].filter((way) => way !== null && way !== "");
  const findings = await findCustomers(prisma, shopId, ways);
  const index = findings.findIndex(({ outcome }) => outcome !== "unknown");
  return { finding: findings[index] ?? { outcome: "unknown" }, by: ways[index] ?? null, id };
}

/** Gives a customer the integrator's id if they have none; one that another customer has stays theirs. */
async function nameOnce(shopId: number, customerId: bigint, externalId: string): Promise<void> {
  const customer = await prisma.customer.findUnique({ where: { shopId_id: { shopId, id: customerId } }, select: { externalId: true } });
  if (customer?.externalId === null) await setExternalId(shopId, customerId, externalId);
}
