import type { LoaderFunctionArgs } from "@remix-run/node";
import { readExport } from "../../domain/reports/privacy.server";
import { parseId } from "../../lib/ids";
import { notFound, openAdmin } from "./door.server";

/** Downloads what we hold about a customer who asked. Only staff of the shop get it, and only while it is kept. */
export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const requestId = parseId("complianceRequest", params.requestId ?? "");
  const text = requestId === null ? null : await readExport(shop.id, requestId);
  if (text === null) notFound("export");
  const headers = { "Content-Type": "application/json; charset=utf-8", "Content-Disposition": 'attachment; filename="customer-data.json"', "Cache-Control": "no-store" };
  return new Response(text, { headers });
}
