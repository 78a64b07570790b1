import { Banner, BlockStack, Card, Checkbox, ChoiceList, DropZone, FormLayout, InlineStack, List, Tag, Text, TextField } from "@shopify/polaris";
import { useState } from "react";
import { CODE_FAULTS, collectCodes, parseCodeList, type CodeList } from "../../domain/codes/list";
import { capacity, codePattern, sampleCapacity, type CodePattern } from "../../domain/codes/pattern";
import { formatCount, plural } from "../../ui/count";
import type { AwardFields } from "./award-form";
import type { Editing } from "./award-editor";
import { Gate } from "./award-editor-sections";

/** Where the codes of a new award come from. An existing award keeps its source. */
export function CodesSection({ editing, file, onFile }: { editing: Editing; file: File | null; onFile: (file: File | null) => void }) {
  const { fields, set } = editing;
  return (
    <Card>
      <BlockStack gap="400">
        <Text as="h2" variant="headingSm">
          Codes
        </Text>
        <ChoiceList
          title="Where the codes come from"
          titleHidden
          choices={[
            { label: "Make unique codes for me", value: "generated", helpText: "Every customer gets a code of their own, usable once unless you say more. The usual choice." },
            { label: "Make codes like a sample of mine", value: "pattern", helpText: "The first half of your sample stays, the rest is random." },
            { label: "One code for everybody", value: "single", helpText: "Shown to every customer who redeems; whoever learns it can use it." },
            { label: "Paste a list", value: "pasted" },
            { label: "Upload a CSV file", value: "uploaded" },
            { label: "Codes of another system", value: "third_party", helpText: "We hand them out and record their use; that system takes the discount off." },
          ]}
          selected={[fields.source]}
          onChange={([source]) => source && set({ source: source as AwardFields["source"] })}
        />
        {fields.source === "generated" && <Generated editing={editing} />}
        {fields.source === "pattern" && <Sampled editing={editing} />}
        {fields.source === "single" && <Single editing={editing} />}
        {(fields.source === "pasted" || fields.source === "third_party") && <Pasted editing={editing} />}
        {(fields.source === "uploaded" || (fields.source === "third_party" && !fields.codes.trim())) && <Uploaded label={fields.source === "third_party" ? "Or a CSV file" : "CSV file"} file={file} onFile={onFile} problem={editing.problemOf("codes")} />}
        {fields.source !== "single" && fields.source !== "third_party" && <LowStock editing={editing} />}
      </BlockStack>
    </Card>
  );
}

function Generated({ editing }: { editing: Editing }) {
  const { fields, field } = editing;
  const pattern = codePattern({ prefix: fields.prefix, length: Number(fields.length) });
  const fit = capacity(pattern, Number(fields.stockTarget));
  return (
    <BlockStack gap="300">
      <FormLayout>
        <FormLayout.Group condensed>
          <TextField label="Prefix (optional)" autoComplete="off" {...field("prefix")} placeholder="SPRING-" />
          <TextField label="Random characters" autoComplete="off" inputMode="numeric" {...field("length")} />
        </FormLayout.Group>
      </FormLayout>
      <Stock editing={editing} />
      <Capacity fit={fit} pattern={pattern} stock={Number(fields.stockTarget)} />
    </BlockStack>
  );
}

function Sampled({ editing }: { editing: Editing }) {
  const { fields, field } = editing;
  const fit = sampleCapacity(fields.sample, Number(fields.stockTarget));
  return (
    <BlockStack gap="300">
      <TextField label="Sample code" autoComplete="off" maxLength={10} {...field("sample")} placeholder="TEST12345" helpText="5 to 10 letters and digits. It cannot be changed afterwards." />
      <Stock editing={editing} />
      {fit && <Capacity fit={fit} pattern={fit.pattern} stock={Number(fields.stockTarget)} />}
    </BlockStack>
  );
}

function Stock({ editing: { fields, set, field } }: { editing: Editing }) {
  return (
    <BlockStack gap="200">
      <TextField label={fields.selfSizing ? "Keep in stock at first" : "Keep in stock"} autoComplete="off" inputMode="numeric" suffix="codes" {...field("stockTarget")} />
      <Checkbox label="Let the stock follow demand" checked={fields.selfSizing} onChange={(selfSizing) => set({ selfSizing })} />
    </BlockStack>
  );
}

/** What a pattern holds, and how easily a live code is guessed. */
function Capacity({ fit, pattern, stock }: { fit: ReturnType<typeof capacity>; pattern: CodePattern; stock: number }) {
  if (fit.outcome === "refused") {
    return (
      <Banner tone="warning" title="This pattern cannot hold the codes">
        <List>
          {fit.problems.map(({ field: name, message }) => (
            <List.Item key={name + message}>{message}</List.Item>
          ))}
        </List>
      </Banner>
    );
  }
  return (
    <>
      <InlineStack gap="200" blockAlign="center">
        <Text as="span" tone="subdued">
          They will look like
        </Text>
        {examples(pattern).map((code) => (
          <Tag key={code}>{code}</Tag>
        ))}
      </InlineStack>
      <Text as="p" tone="subdued">
        {formatCount(fit.space)} codes are possible. With {formatCount(stock)} of them live, one guess in {formatCount(Math.round(1 / fit.odds))} hits one.
      </Text>
      {fit.risky && (
        <Banner tone="warning" title="These codes can be guessed">
          <p>A script could find a live code by trying. Use more random characters, or keep fewer codes in stock.</p>
        </Banner>
      )}
    </>
  );
}

function Single({ editing: { fields, set, field } }: { editing: Editing }) {
  return (
    <BlockStack gap="300">
      <TextField label="Code" autoComplete="off" {...field("code")} placeholder="SUMMER26" helpText="Leave it blank and we make one that nobody can guess." />
      <Gate label="Replace it regularly" open={fields.rotateDaysOn} onChange={(rotateDaysOn) => set({ rotateDaysOn })} helpText="The old code is no longer handed out.">
        <TextField label="Every" autoComplete="off" inputMode="numeric" suffix="days" {...field("rotateDays")} />
      </Gate>
    </BlockStack>
  );
}

function LowStock({ editing: { fields, set, field } }: { editing: Editing }) {
  return (
    <Gate label="Tell staff by e-mail when few codes are left" open={fields.lowStockAtOn} onChange={(lowStockAtOn) => set({ lowStockAtOn })}>
      <TextField label="When fewer are left than" autoComplete="off" inputMode="numeric" suffix="codes" {...field("lowStockAt")} />
    </Gate>
  );
}

/** Three codes of this look; the real ones come from the shop's secret key and are nowhere before they are made. */
function examples({ prefix, alphabet, length }: CodePattern): string[] {
  let state = 20261121;
  const next = () => (state = (state * 48271) % 2147483647);
  return [1, 2, 3].map(() => prefix + Array.from({ length }, () => alphabet[next() % alphabet.length]).join(""));
}

function Pasted({ editing }: { editing: Editing }) {
  const { fields, field } = editing;
  const list = parseCodeList(fields.codes);
  return (
    <BlockStack gap="300">
      <TextField label="Codes" autoComplete="off" multiline={6} maxHeight={320} monospaced spellCheck={false} {...field("codes")} helpText="One on each line, or separated by commas. Upper and lower case are the same code." />
      {list.outcome === "refused" ? (
        <Banner tone="critical">
          <p>{list.message}</p>
        </Banner>
      ) : (
        fields.codes.trim() && <ListFate list={list} />
      )}
    </BlockStack>
  );
}

const NAMED = 5;

/** How many codes are good, and which are not, as the list stands now. */
function ListFate({ list }: { list: CodeList }) {
  const duplicates = list.failed.filter(({ reason }) => reason === "duplicate_in_list").length;
  const bad = list.failed.length - duplicates;
  return (
    <div aria-live="polite">
      <BlockStack gap="200">
        <Text as="p" fontWeight="semibold">
          {plural(list.listed.length, "code")} to add{duplicates > 0 && ` · ${plural(duplicates, "duplicate")}`}
          {bad > 0 && ` · ${bad} cannot be used`}
        </Text>
        {list.failed.length > 0 && (
          <List>
            {list.failed.slice(0, NAMED).map(({ line, code, reason }) => (
              <List.Item key={`${line}-${code}`}>
                Line {line}, “{code}”: {CODE_FAULTS[reason]}
              </List.Item>
            ))}
            {list.failed.length > NAMED && <List.Item>and {formatCount(list.failed.length - NAMED)} more</List.Item>}
          </List>
        )}
      </BlockStack>
    </div>
  );
}

type Preview = { outcome: "read"; list: CodeList } | { outcome: "refused"; message: string };

function Uploaded({ label, file, onFile, problem }: { label: string; file: File | null; onFile: (file: File | null) => void; problem: string | undefined }) {
  const [preview, setPreview] = useState<Preview | null>(null);
  const choose = async (chosen: File | undefined) => {
    onFile(chosen ?? null);
    setPreview(chosen ? await previewFile(chosen) : null);
  };
  return (
    <BlockStack gap="300">
      <DropZone id="codes" label={label} accept=".csv,text/csv,text/plain" type="file" allowMultiple={false} error={Boolean(problem)} variableHeight onDropAccepted={([chosen]) => void choose(chosen)}>
        {file ? (
          <div style={{ padding: "var(--p-space-400)" }}>
            <Text as="p" alignment="center" fontWeight="semibold">
              {file.name}
            </Text>
            <Text as="p" alignment="center" tone="subdued">
              Choose or drop another file to replace it
            </Text>
          </div>
        ) : (
          <DropZone.FileUpload actionTitle="Choose a file" actionHint="or drop it here. Its first line must name a column “code”." />
        )}
      </DropZone>
      {preview?.outcome === "read" && <ListFate list={preview.list} />}
      {(problem ?? (preview?.outcome === "refused" && preview.message)) && (
        <Banner tone="critical">
          <p>{problem ?? (preview?.outcome === "refused" && preview.message)}</p>
        </Banner>
      )}
    </BlockStack>
  );
}

/** A first look in the browser, for files a spreadsheet writes; the server reads the file properly when it is saved. */
async function previewFile(file: File): Promise<Preview> {
  const [header = "", ...rows] = (await file.text()).replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const delimiter = [",", ";", "\t"].find((candidate) => header.includes(candidate)) ?? ",";
  const unquoted = (cell = "") => cell.trim().replace(/^"(.*)"$/, "$1");
  const column = header.split(delimiter).findIndex((name) => unquoted(name).toLowerCase() === "code");
  if (column < 0) return { outcome: "refused", message: `The first line must name a column “code”; it says “${header.slice(0, 60)}”.` };
  const collect = collectCodes();
  rows.forEach((row, index) => row.trim() && collect.add(index + 2, unquoted(row.split(delimiter)[column])));
  return { outcome: "read", list: collect.list };
}
