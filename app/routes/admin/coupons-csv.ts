import type { LoaderFunctionArgs } from "@remix-run/node";
import { findAward } from "../../domain/awards/queries.server";
import { listCoupons } from "../../domain/coupons/queries.server";
import { awardId, parseAwardId } from "../../lib/ids";
import { csvResponse } from "./csv.server";
import { notFound, openAdmin } from "./door.server";

/** Downloads every code of an award. */
export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const award = await findAward(shop.id, parseAwardId(params.awardId ?? "") ?? 0);
  if (!award) notFound("award");
  return csvResponse({
    filename: `${awardId(award.number)}-codes.csv`,
    headings: ["code", "status", "on_shopify", "problem", "uses", "customer", "issued_at", "created_at"],
    read: (position, size) => listCoupons(shop.id, { awardNumber: award.number, text: "", filter: null, position, size }, now),
    keyOf: (row) => [String(row.id)],
    cellsOf: (row) => [row.code, row.status, row.codeState, row.problem, row.usesCount, row.customerName, row.issuedAt?.toISOString() ?? null, row.createdAt.toISOString()],
  });
}
