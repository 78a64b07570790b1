import { randomUUID } from "node:crypto";
import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData, useNavigation, useSubmit } from "@remix-run/react";
import { Banner, BlockStack, Button, Card, Checkbox, DropZone, FormLayout, InlineGrid, InlineStack, Layout, Link, List, Page, Select, Text, TextField, type BannerHandles } from "@shopify/polaris";
import { useEffect, useRef, useState } from "react";
import { addCodesToAward, type AddCodes, type MoreCodes } from "../../domain/awards/add-codes.server";
import { findAward } from "../../domain/awards/queries.server";
import { changePool } from "../../domain/codes/change-pool.server";
import { readCodeFile } from "../../domain/codes/file.server";
import { CODE_FAULTS } from "../../domain/codes/list";
import { rotateCode, type RotateCode } from "../../domain/codes/rotate.server";
import { stockForecast } from "../../domain/codes/stock.server";
import { listCoupons } from "../../domain/coupons/queries.server";
import { awardId, parseAwardId } from "../../lib/ids";
import { plural } from "../../ui/count";
import { useShop } from "../../ui/shop";
import { careOf, CodesForm, typedOf, wholeOf } from "./award-codes-read";
import { StockFigures } from "./award-stock";
import { notFound, openAdmin } from "./door.server";
import { chunksOf, readForm } from "./form.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const award = await findAward(shop.id, parseAwardId(params.awardId ?? "") ?? 0);
  const stock = award && (await stockForecast(shop.id, award.number, now));
  if (!award || !stock) notFound("award");
  const single = award.codeSource === "single";
  const [newest] = single ? (await listCoupons(shop.id, { awardNumber: award.number, text: "", filter: null, position: null, size: 1 }, now)).rows : [];
  return { number: award.number, name: award.name, source: award.codeSource, minted: stock.stockTarget > 0, single, stock, newest: newest ?? null, requestKey: randomUUID() };
}

/** As many failed codes as a page can usefully name. */
const FAILED_SHOWN = 50;

type Said = { tone: "success" | "warning" | "critical"; title: string; lines: string[] };

export async function action({ request, params }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const number = parseAwardId(params.awardId ?? "") ?? notFound("award");
  const posted = await readForm(request);
  const parsed = CodesForm.safeParse(Object.fromEntries([...posted.entries()].filter(([, value]) => typeof value === "string")));
  if (!parsed.success) throw data({ title: "This form cannot be read", message: "Load the page again and try once more." }, { status: 400 });
  const form = parsed.data;
  switch (form.intent) {
    case "rotate":
      return sayRotated(await rotateCode(shop.id, number, { code: form.code, replaces: form.replaces || undefined }, now));
    case "care": {
      const award = (await findAward(shop.id, number)) ?? notFound("award");
      const changed = await changePool(shop.id, number, careOf(form, { minted: award.pool.stockTarget > 0, single: award.codeSource === "single" }), now);
      if (changed.outcome === "not_found") notFound("award");
      if (changed.outcome === "refused") return refused(changed.problems.map(({ message }) => message));
      return said({ tone: "success", title: "Saved", lines: [] });
    }
    case "paste":
      return sayAdded(await addCodesToAward(shop.id, number, { source: "pasted", text: form.codes }, now, form.requestKey));
    case "make":
      return sayAdded(await addCodesToAward(shop.id, number, { source: "generated", count: wholeOf(form.count) ?? 0 }, now, form.requestKey));
    case "type":
      return sayAdded(await addCodesToAward(shop.id, number, { source: "typed", codes: [typedOf(form, shop)] }, now, form.requestKey), { lines: false });
    case "upload": {
      const source = await uploaded(posted.get("file"));
      return "problem" in source ? refused([source.problem]) : sayAdded(await addCodesToAward(shop.id, number, source, now, form.requestKey));
    }
    default:
      return form satisfies never;
  }
}

async function uploaded(file: FormDataEntryValue | null): Promise<MoreCodes | { problem: string }> {
  if (!(file instanceof File) || file.size === 0) return { problem: "Choose a file." };
  const read = await readCodeFile(chunksOf(file));
  return read.outcome === "read" ? { source: "uploaded", file: read } : { problem: read.message };
}

const said = (what: Said) => data(what);
const refused = (lines: string[]) => data<Said>({ tone: "critical", title: "Nothing was changed", lines }, { status: 422 });

/** `lines`: the codes came as a list, in which each has its place. */
function sayAdded(added: AddCodes, { lines } = { lines: true }) {
  switch (added.outcome) {
    case "added": {
      const { codes } = added;
      const named = (line: number, code: string) => [lines && `Line ${line}`, code && `“${code}”`].filter(Boolean).join(", ") || "The code";
      const failed = codes.failed.slice(0, FAILED_SHOWN).map(({ line, code, reason }) => `${named(line, code)}: ${CODE_FAULTS[reason]}`);
      if (codes.failedCount > failed.length) failed.push(`and ${codes.failedCount - failed.length} more`);
      return said({ tone: codes.added === 0 ? "critical" : codes.failedCount ? "warning" : "success", title: codes.added === 0 ? "No code was added" : `${plural(codes.added, "code")} added${codes.failedCount ? `, ${codes.failedCount} left out` : ""}`, lines: failed });
    }
    case "refused":
      return refused(added.problems.map(({ message }) => message));
    case "not_found":
      return notFound("award");
    default:
      return added satisfies never;
  }
}

function sayRotated(rotated: RotateCode) {
  switch (rotated.outcome) {
    case "rotated":
      return said({ tone: "success", title: `The new code is ${rotated.code}`, lines: rotated.replaced === null ? [] : [`${rotated.replaced} is handed out until the new one is ready, and works for those who hold it.`] });
    case "already":
      return said({ tone: "success", title: `${rotated.code} is the code already`, lines: [] });
    case "waiting":
      return refused([`${rotated.code} is not on Shopify yet. Wait a moment before you replace it again.`]);
    case "stale":
      return refused([`Somebody replaced the code meanwhile: it is ${rotated.code}.`]);
    case "refused":
      return refused([rotated.message]);
    case "not_found":
      return notFound("award");
    default:
      return rotated satisfies never;
  }
}

export default function AwardCodes() {
  const { number, name, single, newest, stock } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  return (
    <Page title="Codes" subtitle={name} backAction={{ content: name, url: `/app/awards/${awardId(number)}` }}>
      <BlockStack gap="400">
        {answer && <Answer answer={answer} />}
        <Layout>
          <Layout.Section>
            <BlockStack gap="400">
              {single ? <Replace key={newest?.code} /> : <Add />}
              <Care />
            </BlockStack>
          </Layout.Section>
          <Layout.Section variant="oneThird">
            <Card>
              <BlockStack gap="300">
                <Text as="h2" variant="headingSm">
                  Stock
                </Text>
                <StockFigures stock={stock} />
              </BlockStack>
            </Card>
          </Layout.Section>
        </Layout>
      </BlockStack>
    </Page>
  );
}

/** What came of the last form; the eye and the screen reader are led to it from wherever it was sent. */
function Answer({ answer }: { answer: Said }) {
  const { tone, title, lines } = answer;
  const banner = useRef<BannerHandles>(null);
  useEffect(() => banner.current?.focus(), [answer]);
  return (
    <Banner ref={banner} tone={tone} title={title}>
      {lines.length > 0 &&
        (lines.length === 1 ? (
          <p>{lines[0]}</p>
        ) : (
          <List>
            {lines.map((line, index) => (
              <List.Item key={index}>{line}</List.Item>
            ))}
          </List>
        ))}
    </Banner>
  );
}

/** Text fields and ticks of one form, and what sends them. */
function useFields<Name extends string>(initial: Record<Name, string>) {
  const [values, setValues] = useState(initial);
  const submit = useSubmit();
  const navigation = useNavigation();
  return {
    values,
    busy: navigation.state !== "idle",
    set: (name: Name) => (value: string) => setValues((before) => ({ ...before, [name]: value })),
    send: (extra: Record<string, string>, file?: File) => {
      const form = new FormData();
      for (const [name, value] of Object.entries<string>({ ...values, ...extra })) form.set(name, value);
      if (file) form.set("file", file);
      submit(form, { method: "post", encType: "multipart/form-data" });
    },
  };
}

const WAYS = [
  { label: "Make more", value: "make" },
  { label: "Paste a list", value: "paste" },
  { label: "Upload a CSV file", value: "upload" },
  { label: "Type one code", value: "type" },
];

function Add() {
  const { source } = useLoaderData<typeof loader>();
  const round = useRound();
  const ways = source === "third_party" ? WAYS.filter(({ value }) => value !== "make") : WAYS;
  const [way, setWay] = useState(ways[0]?.value ?? "paste");
  return (
    <Card>
      <BlockStack gap="400">
        <Text as="h2" variant="headingSm">
          Add codes
        </Text>
        <Select label="How to add them" options={ways} value={way} onChange={setWay} />
        {way === "make" && <Make key={round} />}
        {way === "paste" && <Paste key={round} />}
        {way === "upload" && <Upload key={round} />}
        {way === "type" && <TypeOne key={round} />}
      </BlockStack>
    </Card>
  );
}

/** Goes on by one with each form that did what it was sent for: its fields are emptied then. What was refused stays to be corrected. */
function useRound(): number {
  const answer = useActionData<typeof action>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (answer && answer.tone !== "critical") setRound((before) => before + 1);
  }, [answer]);
  return round;
}

function Make() {
  const { requestKey } = useLoaderData<typeof loader>();
  const { values, busy, set, send } = useFields({ count: "100" });
  return (
    <FormLayout>
      <TextField label="How many" autoComplete="off" inputMode="numeric" suffix="codes" value={values.count} onChange={set("count")} />
      <Button loading={busy} onClick={() => send({ intent: "make", requestKey })}>
        Make codes
      </Button>
    </FormLayout>
  );
}

function Paste() {
  const { requestKey } = useLoaderData<typeof loader>();
  const { values, busy, set, send } = useFields({ codes: "" });
  return (
    <FormLayout>
      <TextField label="Codes" autoComplete="off" multiline={5} maxHeight={320} monospaced spellCheck={false} value={values.codes} onChange={set("codes")} helpText="One on each line, or separated by commas." />
      <Button loading={busy} disabled={!values.codes.trim()} onClick={() => send({ intent: "paste", requestKey })}>
        Add codes
      </Button>
    </FormLayout>
  );
}

function Upload() {
  const { requestKey } = useLoaderData<typeof loader>();
  const { busy, send } = useFields({});
  return (
    <DropZone label="CSV file" labelHidden accept=".csv,text/csv,text/plain" type="file" allowMultiple={false} disabled={busy} variableHeight onDropAccepted={([file]) => file && send({ intent: "upload", requestKey }, file)}>
      <DropZone.FileUpload actionTitle={busy ? "Uploading…" : "Choose a file"} actionHint="or drop it here. Its first line names a column “code”, and “customer” if codes belong to customers." />
    </DropZone>
  );
}

function TypeOne() {
  const { requestKey } = useLoaderData<typeof loader>();
  const { currency } = useShop();
  const { values, busy, set, send } = useFields({ code: "", customer: "", uses: "", minimum: "", expires: "" });
  const [firstOrder, setFirstOrder] = useState(false);
  return (
    <FormLayout>
      <TextField label="Code" autoComplete="off" value={values.code} onChange={set("code")} placeholder="WELCOME10" helpText="Leave it blank and we make one." />
      <TextField label="Only for this customer" autoComplete="off" value={values.customer} onChange={set("customer")} helpText="Customer id, e-mail or phone number. Blank: anybody." />
      <InlineGrid columns={{ xs: 1, sm: 3 }} gap="300">
        <TextField label="Uses" autoComplete="off" inputMode="numeric" value={values.uses} onChange={set("uses")} placeholder="As the award says" />
        <TextField label="Order minimum" autoComplete="off" inputMode="decimal" suffix={currency} value={values.minimum} onChange={set("minimum")} placeholder="As the award says" />
        <TextField label="Last day" autoComplete="off" type="date" value={values.expires} onChange={set("expires")} />
      </InlineGrid>
      <Checkbox label="Only for a first order" checked={firstOrder} onChange={setFirstOrder} />
      <Button loading={busy} onClick={() => send({ intent: "type", requestKey, ...(firstOrder && { firstOrder: "on" }) })}>
        Add code
      </Button>
    </FormLayout>
  );
}

function Replace() {
  const { newest } = useLoaderData<typeof loader>();
  const { values, busy, set, send } = useFields({ code: "" });
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          Replace the code
        </Text>
        {newest && (
          <InlineStack gap="100">
            <Text as="span">The newest code is</Text>
            <Text as="span" fontWeight="semibold">
              {newest.code}
            </Text>
          </InlineStack>
        )}
        <TextField label="New code" autoComplete="off" value={values.code} onChange={set("code")} helpText="Leave it blank and we make one. The old code works for those who hold it, and is given to nobody else." />
        <InlineStack>
          <Button loading={busy} onClick={() => send({ intent: "rotate", replaces: newest?.code ?? "" })}>
            Replace
          </Button>
        </InlineStack>
      </BlockStack>
    </Card>
  );
}

/** How the stock is looked after. Codes of another system are that system's care. */
function Care() {
  const { source, minted, single, stock } = useLoaderData<typeof loader>();
  const text = (value: number | null) => (value === null ? "" : String(value));
  const { values, busy, set, send } = useFields({ stockTarget: String(stock.stockTarget), lowStockAt: text(stock.lowStockAt), rotateDays: text(stock.rotateDays) });
  const [selfSizing, setSelfSizing] = useState(stock.selfSizing);
  if (source === "third_party") return null;
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          {single ? "Schedule" : minted ? "Refill and alerts" : "Alerts"}
        </Text>
        <FormLayout>
          {single && <TextField label="Replace it every" autoComplete="off" inputMode="numeric" suffix="days" value={values.rotateDays} onChange={set("rotateDays")} helpText="At midnight of your shop. Blank: only by hand." />}
          {minted && <TextField label="Keep in stock" autoComplete="off" inputMode="numeric" suffix="codes" disabled={selfSizing} value={values.stockTarget} onChange={set("stockTarget")} />}
          {minted && <Checkbox label="Let the stock follow demand" checked={selfSizing} onChange={setSelfSizing} helpText="Enough for three of the busiest recent days." />}
          {!single && (
            <TextField
              label="E-mail us when fewer are left than"
              autoComplete="off"
              inputMode="numeric"
              suffix="codes"
              value={values.lowStockAt}
              onChange={set("lowStockAt")}
              helpText={
                <>
                  To the address in the <Link url="/app/settings">settings</Link>. Blank: never.
                </>
              }
            />
          )}
          <Button loading={busy} onClick={() => send({ intent: "care", ...(selfSizing && { selfSizing: "on" }) })}>
            Save
          </Button>
        </FormLayout>
      </BlockStack>
    </Card>
  );
}
