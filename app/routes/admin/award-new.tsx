import { randomUUID } from "node:crypto";
import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData, useNavigate, useNavigation, useSubmit } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";
import { Banner, BlockStack, Card, IndexTable, Page, Text } from "@shopify/polaris";
import { useEffect } from "react";
import type { Problem } from "../../domain/awards/award";
import type { NewCodeSource } from "../../domain/awards/code-source";
import { createAward } from "../../domain/awards/create.server";
import { duplicateAward } from "../../domain/awards/duplicate.server";
import { editorChoices } from "../../domain/awards/editor-choices.server";
import { listAwardTexts } from "../../domain/awards/find-texts.server";
import { findAward } from "../../domain/awards/queries.server";
import { setAwardTexts } from "../../domain/awards/set-text.server";
import { readCodeFile } from "../../domain/codes/file.server";
import { CODE_FAULTS } from "../../domain/codes/list";
import { awardId, parseAwardId } from "../../lib/ids";
import { plural } from "../../ui/count";
import { AwardEditor } from "./award-editor";
import { awardFields, awardFormData, fieldsOfAward, fieldsOfTexts, newAwardFields, readTexts, type AwardFields } from "./award-form";
import { readAward, readSource, type FormSource } from "./award-form-read";
import { notFound, openAdmin } from "./door.server";
import { chunksOf, readForm } from "./form.server";
import { scopeTitles } from "./titles.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const blank = newAwardFields(randomUUID(), shop.timeZone, now);
  const from = new URL(request.url).searchParams.get("from");
  if (from === null) return { initial: blank, from: null, choices: await editorChoices(shop.id, null) };
  const award = await findAward(shop.id, parseAwardId(from) ?? 0);
  if (!award) notFound("award");
  const [titles, texts, choices] = await Promise.all([scopeTitles(shop.domain, award), listAwardTexts(shop.id, award.number), editorChoices(shop.id, null)]);
  const fields = fieldsOfTexts(texts, fieldsOfAward(award, blank, shop, titles));
  const source = award.codeSource === "single" || award.codeSource === "third_party" ? award.codeSource : blank.source;
  return { initial: { ...fields, source, name: `${award.name} (copy)`.slice(0, 120) }, from: { id: awardId(award.number), name: award.name }, choices };
}

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = await readForm(request);
  const fields = awardFields(form);
  if (!fields) throw data({ title: "This form cannot be read", message: "Open the editor again and try once more." }, { status: 400 });
  const { draft, problems } = readAward(fields, shop);
  const { source, problems: sourceProblems } = readSource(fields);
  const found = [...problems, ...sourceProblems];
  if (found.length) return data({ outcome: "refused" as const, problems: found }, { status: 422 });

  const ready = await withFile(source, form.get("file"));
  if ("problem" in ready) return data({ outcome: "refused" as const, problems: [ready.problem] }, { status: 422 });
  const from = new URL(request.url).searchParams.get("from");
  const predecessor = from === null ? null : (parseAwardId(from) ?? notFound("award"));
  const result = predecessor === null
    ? await createAward(shop.id, draft, ready, now, fields.requestKey)
    : await duplicateAward(shop.id, predecessor, { changes: draft, source: ready, archive: fields.archivePredecessor }, now, fields.requestKey);
  if (result.outcome === "not_found") notFound("award");
  if (result.outcome === "created") await setAwardTexts(shop.id, result.awardNumber, readTexts(fields));
  return result.outcome === "refused" ? data(result, { status: 422 }) : data({ ...result, codes: { ...result.codes, failed: result.codes.failed.slice(0, FAILED_SHOWN) } });
}

/** As many failed codes as a page can usefully name. */
const FAILED_SHOWN = 200;

async function withFile(source: FormSource, file: FormDataEntryValue | null): Promise<NewCodeSource | { problem: Problem }> {
  if (source.source === "third_party" && source.text !== undefined) return { source: "third_party", text: source.text };
  if (source.source !== "uploaded" && source.source !== "third_party") return source;
  if (!(file instanceof File) || file.size === 0) return { problem: { field: "codes", message: "Choose a file." } };
  const read = await readCodeFile(chunksOf(file));
  if (read.outcome === "refused") return { problem: { field: "codes", message: read.message } };
  return source.source === "third_party" ? { source: "third_party", file: read } : { ...source, file: read };
}

const NO_PROBLEMS: Problem[] = [];

export default function NewAward() {
  const { initial, from, choices } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const shopify = useAppBridge();
  const navigate = useNavigate();
  const submit = useSubmit();
  const busy = useNavigation().state !== "idle";
  const created = result?.outcome === "created" ? result : null;

  useEffect(() => {
    // The answer comes before the page's own data is read anew: to leave then breaks that off, and the browser's console says so.
    if (busy || !created || created.codes.failedCount > 0) return;
    shopify.toast.show("Award created");
    navigate(`/app/awards/${awardId(created.awardNumber)}`, { replace: true });
  }, [busy, created, navigate, shopify]);

  const save = (fields: AwardFields, file: File | null) => {
    const form = awardFormData(fields);
    if (file) form.set("file", file);
    submit(form, { method: "post", encType: "multipart/form-data" });
  };
  if (created && created.codes.failedCount > 0) return <FailedCodes awardNumber={created.awardNumber} {...created.codes} />;
  return (
    <AwardEditor
      key={initial.requestKey}
      title={from ? "Duplicate with changes" : "Create award"}
      back={from ? { content: from.name, url: `/app/awards/${from.id}` } : { content: "Awards", url: "/app/awards" }}
      initial={initial}
      choices={choices}
      {...(from && { predecessor: from })}
      startsDirty={from !== null}
      refused={result?.outcome === "refused" ? result.problems : NO_PROBLEMS}
      busy={busy}
      onSave={save}
    />
  );
}

interface FailedCodesProps {
  awardNumber: number;
  added: number;
  failedCount: number;
  failed: { line: number; code: string; reason: keyof typeof CODE_FAULTS }[];
}

/** The award stands; these of its codes do not, and here is why. */
function FailedCodes({ awardNumber, added, failedCount, failed }: FailedCodesProps) {
  return (
    <Page title="Award created" primaryAction={{ content: "Open award", url: `/app/awards/${awardId(awardNumber)}` }}>
      <BlockStack gap="400">
        <Banner tone="warning" title={`${plural(added, "code")} added, ${failedCount} left out`}>
          <p>The award is saved. The codes below were not added; you may correct them and make an award of them.</p>
        </Banner>
        <Card padding="0">
          <IndexTable selectable={false} itemCount={failed.length} headings={[{ title: "Line" }, { title: "Code" }, { title: "Why" }]}>
            {failed.map(({ line, code, reason }, index) => (
              <IndexTable.Row key={`${line}-${index}`} id={`${line}-${index}`} position={index}>
                <IndexTable.Cell>{line}</IndexTable.Cell>
                <IndexTable.Cell>
                  <Text as="span" fontWeight="semibold">
                    {code}
                  </Text>
                </IndexTable.Cell>
                <IndexTable.Cell>{CODE_FAULTS[reason]}</IndexTable.Cell>
              </IndexTable.Row>
            ))}
          </IndexTable>
        </Card>
        {failedCount > failed.length && (
          <Text as="p" tone="subdued">
            The first {failed.length} of {failedCount} are shown.
          </Text>
        )}
      </BlockStack>
    </Page>
  );
}
