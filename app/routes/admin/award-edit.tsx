import { randomUUID } from "node:crypto";
import { data, redirect, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData, useNavigation, useSubmit } from "@remix-run/react";
import type { Problem } from "../../domain/awards/award";
import { editorChoices } from "../../domain/awards/editor-choices.server";
import { listAwardTexts } from "../../domain/awards/find-texts.server";
import { LOCKED_ONCE_ISSUED } from "../../domain/awards/locked";
import { findAward } from "../../domain/awards/queries.server";
import { setAwardTexts } from "../../domain/awards/set-text.server";
import { updateAward, type UpdateAward } from "../../domain/awards/update.server";
import { awardId, parseAwardId } from "../../lib/ids";
import { AwardEditor } from "./award-editor";
import { awardFields, awardFormData, fieldsOfAward, fieldsOfTexts, newAwardFields, readTexts } from "./award-form";
import { readAward } from "./award-form-read";
import { notFound, openAdmin } from "./door.server";
import { readForm } from "./form.server";
import { scopeTitles } from "./titles.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const award = await findAward(shop.id, parseAwardId(params.awardId ?? "") ?? 0);
  if (!award) notFound("award");
  const [titles, texts, choices] = await Promise.all([scopeTitles(shop.domain, award), listAwardTexts(shop.id, award.number), editorChoices(shop.id, award.number)]);
  const fields = fieldsOfTexts(texts, fieldsOfAward(award, newAwardFields(randomUUID(), shop.timeZone, now), shop, titles));
  const locked = award.firstIssuedAt ? LOCKED_ONCE_ISSUED : [];
  return { id: awardId(award.number), name: award.name, initial: { ...fields, source: award.codeSource }, choices, locked, readAt: award.updatedAt.toISOString() };
}

export async function action({ request, params }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = await readForm(request);
  const fields = awardFields(form);
  const number = parseAwardId(params.awardId ?? "");
  const readAt = new Date(String(form.get("readAt")));
  if (!fields || !number || Number.isNaN(readAt.getTime())) throw data({ title: "This form cannot be read", message: "Open the editor again and try once more." }, { status: 400 });
  const { draft, problems } = readAward(fields, shop);
  if (problems.length) return data({ problems }, { status: 422 });

  const result = await updateAward(shop.id, number, draft, readAt, now);
  if (result.outcome === "updated") await setAwardTexts(shop.id, number, readTexts(fields));
  if (result.outcome === "updated") return redirect(`/app/awards/${awardId(number)}?saved`);
  return data({ problems: problemsOf(result) }, { status: 422 });
}

function problemsOf(result: Exclude<UpdateAward, { outcome: "updated" }>): Problem[] {
  switch (result.outcome) {
    case "refused":
      return result.problems;
    case "locked":
      return result.fields.map((field) => ({ field, message: "Customers hold coupons of this award, so this can no longer be changed." }));
    case "stale":
      return [{ field: "award", message: "Somebody else saved this award in the meantime. Load the page again to see it; your changes are not saved." }];
    case "not_found":
      return notFound("award");
    default:
      return result satisfies never;
  }
}

const NO_PROBLEMS: Problem[] = [];

export default function EditAward() {
  const { id, name, initial, choices, locked, readAt } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const submit = useSubmit();
  const busy = useNavigation().state !== "idle";
  return (
    <AwardEditor
      key={readAt}
      title={`Edit ${name}`}
      back={{ content: name, url: `/app/awards/${id}` }}
      initial={initial}
      choices={choices}
      existing={{ locked, successorUrl: `/app/awards/new?from=${id}` }}
      refused={result?.problems ?? NO_PROBLEMS}
      busy={busy}
      onSave={(fields) => {
        const form = awardFormData(fields);
        form.set("readAt", readAt);
        submit(form, { method: "post", encType: "multipart/form-data" });
      }}
    />
  );
}
