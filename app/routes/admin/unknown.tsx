/** An address of the admin that is no page: said inside the admin, with its navigation beside it. */
import type { LoaderFunctionArgs } from "@remix-run/node";
import { notFound, openAdmin } from "./door.server";

export async function loader({ request }: LoaderFunctionArgs): Promise<never> {
  await openAdmin(request);
  return notFound("page");
}

/** Never drawn: without a component an address is a resource, and answered without the pages around it. */
export default function Unknown() {
  return null;
}
