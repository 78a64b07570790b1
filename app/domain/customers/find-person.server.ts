/** Whom a compliance request is about. */
import type { Customer } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { spellings, type Person } from "./traces";

/** As Shopify names them: an address or a number stands in files even where we never met the customer. */
export interface PersonNamed {
  gid: Gid<"Customer">;
  email?: string | null | undefined;
  phone?: string | null | undefined;
  webhookId: string;
}

/** A merge of merges is followed so far. */
const MERGES = 10;

/** The customer's row, those that Shopify merged into it, and all their names. No rows: a person whom we do not know. */
export async function findPerson(tx: Tx, shopId: number, { gid, ...contact }: PersonNamed): Promise<{ customers: Customer[]; person: Person }> {
  const customers = await tx.customer.findMany({ where: { shopId, gid } });
  for (let round = 0, ids = customers.map(({ id }) => id); round < MERGES && ids.length > 0; round++) {
    const merged = await tx.customer.findMany({ where: { shopId, mergedIntoId: { in: ids } } });
    customers.push(...merged);
    ids = merged.map(({ id }) => id);
  }
  const known = [contact, ...customers].map(spellings);
  return {
    customers,
    person: {
      gids: [gid, ...customers.map((customer) => customer.gid as Gid<"Customer">)],
      emails: known.flatMap(({ emails }) => emails),
      phones: known.flatMap(({ phones }) => phones),
      externalIds: customers.flatMap(({ externalId }) => externalId ?? []),
    },
  };
}
