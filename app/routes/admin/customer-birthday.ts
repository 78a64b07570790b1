/** Staff say when a customer's birthday is, or that it is not known. */
import { data, type ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { parseBirthday } from "../../domain/customers/birthday";
import { setBirthday } from "../../domain/customers/set-birthday.server";
import { prisma } from "../../lib/db.server";
import { parseId } from "../../lib/ids";
import { notFound, openAdmin } from "./door.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

/** Both blank: not known. */
const BirthdayForm = z.object({ month: z.string().regex(/^\d{0,2}$/), day: z.string().regex(/^\d{0,2}$/) });

export async function action({ request, params }: ActionFunctionArgs) {
  const { shop } = await openAdmin(request);
  const id = parseId("customer", params.customerId ?? "") ?? notFound("customer");
  const form = BirthdayForm.safeParse(Object.fromEntries(await request.formData()));
  if (!form.success) throw data({ title: "This form cannot be read", message: "Load the page again and try once more." }, { status: 400 });
  const { month, day } = form.data;
  const isKnown = month !== "" || day !== "";
  const birthday = isKnown ? parseBirthday(`${month.padStart(2, "0")}-${day.padStart(2, "0")}`) : null;
  if (isKnown && !birthday) return data({ saved: false, problem: month && day ? "This month has no such day." : "Choose a month and a day." }, { status: 422 });
  if ((await setBirthday(prisma, shop.id, id, birthday)).outcome === "unknown") notFound("customer");
  return { saved: true, problem: null };
}
