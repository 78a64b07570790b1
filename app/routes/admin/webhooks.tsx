import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { Modal, TitleBar } from "@shopify/app-bridge-react";
import { Badge, BlockStack, Box, Card, ChoiceList, IndexTable, InlineStack, Link, Page, Text, TextField, useBreakpoints } from "@shopify/polaris";
import { useEffect, useState } from "react";
import { EVENT_KINDS } from "../../contract/events";
import { addEndpoint } from "../../domain/events/add-endpoint.server";
import { EndpointDraft } from "../../domain/events/endpoint";
import { COUNT_LIMIT, listEndpoints, type EndpointRow } from "../../domain/events/queries.server";
import { env } from "../../lib/env.server";
import { publicId } from "../../lib/ids";
import { formatCount } from "../../ui/count";
import emptyWebhooks from "../../ui/empty-webhooks.svg";
import { EmptyList } from "../../ui/empty-list";
import { SmallRow } from "../../ui/small-row";
import { openAdmin } from "./door.server";
import { SecretBanner } from "./secret-banner";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  return { endpoints: await listEndpoints(shop.id), countLimit: COUNT_LIMIT };
}

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = await request.formData();
  const kinds = form.getAll("kinds");
  const draft = EndpointDraft.safeParse({ url: form.get("url"), kinds });
  if (!draft.success) return refused({ url: draft.error.issues[0]?.message ?? "Enter an address." });
  // None chosen means all only where all were asked for.
  if (form.get("which") === "some" && kinds.length === 0) return refused({ kinds: "Choose at least one." });
  const adding = await addEndpoint(shop.id, draft.data, { allowPrivate: env.WEBHOOKS_TO_PRIVATE_ADDRESSES }, now);
  if (adding.outcome === "refused") return refused({ url: adding.problem });
  return { secret: adding.secret, problems: {} as Problems };
}

interface Problems {
  url?: string;
  kinds?: string;
}

function refused(problems: Problems) {
  return data({ secret: null, problems }, { status: 422 });
}

export default function Webhooks() {
  const { endpoints } = useLoaderData<typeof loader>();
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const add = { content: "Add endpoint", onAction: () => setAdding(true) };
  return (
    <Page title="Webhooks" subtitle="Tell your own systems what happens to coupons and points" backAction={{ content: "Settings", url: "/app/settings" }} primaryAction={endpoints.length > 0 ? add : undefined}>
      <BlockStack gap="400">
        {secret && <SecretBanner secret={secret} onDismiss={() => setSecret(null)} />}
        <Card padding="0">
          {endpoints.length === 0 ? (
            <EmptyList heading="Nobody listens yet" image={emptyWebhooks} action={add}>
              <p>Every event is posted to your endpoints, signed and numbered, and tried again for two days.</p>
            </EmptyList>
          ) : (
            <EndpointTable />
          )}
        </Card>
      </BlockStack>
      <AddModal
        open={adding}
        onClose={() => setAdding(false)}
        onAdded={(told) => {
          setSecret(told);
          setAdding(false);
        }}
      />
    </Page>
  );
}

function EndpointTable() {
  const { endpoints, countLimit } = useLoaderData<typeof loader>();
  const count = (number: number) => (number === 0 ? "–" : `${formatCount(number)}${number === countLimit ? "+" : ""}`);
  const small = useBreakpoints().smDown;
  return (
    <IndexTable
      condensed={small}
      selectable={false}
      resourceName={{ singular: "endpoint", plural: "endpoints" }}
      itemCount={endpoints.length}
      headings={[{ title: "Address" }, { title: "Events" }, { title: "Status" }, { title: "Waiting", alignment: "end" }, { title: "Given up", alignment: "end" }]}
    >
      {endpoints.map((row, index) => (
        <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
          {small ? <SmallEndpoint row={row} count={count} /> : <WideEndpoint row={row} count={count} />}
        </IndexTable.Row>
      ))}
    </IndexTable>
  );
}

interface EndpointProps {
  row: EndpointRow;
  count(number: number): string;
}

function WideEndpoint({ row, count }: EndpointProps) {
  return (
    <>
      <IndexTable.Cell>
        <div style={{ minWidth: 180, maxWidth: 380, whiteSpace: "normal" }}>
          <EndpointLink row={row} />
        </div>
      </IndexTable.Cell>
      <IndexTable.Cell>{kindsOf(row)}</IndexTable.Cell>
      <IndexTable.Cell>
        <EndpointBadge endpoint={row} />
      </IndexTable.Cell>
      {[row.waiting, row.failed].map((number, column) => (
        <IndexTable.Cell key={column}>
          <Text as="p" alignment="end" numeric>
            {count(number)}
          </Text>
        </IndexTable.Cell>
      ))}
    </>
  );
}

function SmallEndpoint({ row, count }: EndpointProps) {
  const counts = [row.waiting > 0 && `${count(row.waiting)} waiting`, row.failed > 0 && `${count(row.failed)} given up`].filter(Boolean);
  return (
    <SmallRow>
      <EndpointLink row={row} />
      <InlineStack gap="200" blockAlign="center">
        <EndpointBadge endpoint={row} />
        <Text as="span" tone="subdued">
          {[`Events: ${kindsOf(row)}`, ...counts].join(" · ")}
        </Text>
      </InlineStack>
    </SmallRow>
  );
}

const kindsOf = (row: EndpointRow) => (row.kinds.length === 0 ? "All" : `${row.kinds.length} of ${EVENT_KINDS.length}`);

function EndpointLink({ row }: { row: EndpointRow }) {
  return (
    <Link url={`/app/webhooks/${publicId("webhookEndpoint", row.id)}`} dataPrimaryLink removeUnderline monochrome>
      <Text as="span" fontWeight="semibold" breakWord>
        {row.url}
      </Text>
    </Link>
  );
}

/** Whether an endpoint takes what is sent to it. */
export function EndpointBadge({ endpoint }: { endpoint: Pick<EndpointRow, "disabledAt" | "failingSince"> }) {
  if (endpoint.disabledAt) return <Badge>Off</Badge>;
  return endpoint.failingSince ? <Badge tone="critical">Failing</Badge> : <Badge tone="success">On</Badge>;
}

function AddModal({ open, onClose, onAdded }: { open: boolean; onClose(): void; onAdded(secret: string): void }) {
  const fetcher = useFetcher<typeof action>();
  const [url, setUrl] = useState("");
  const [all, setAll] = useState(true);
  const [kinds, setKinds] = useState<string[]>([]);
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer?.secret) return;
    setUrl("");
    onAdded(answer.secret);
  }, [answer]); // an answer is told once; onAdded is made anew with every drawing

  const submit = () => {
    const form = new FormData();
    form.set("url", url);
    form.set("which", all ? "all" : "some");
    if (!all) for (const kind of kinds) form.append("kinds", kind);
    fetcher.submit(form, { method: "post" });
  };
  return (
    <Modal open={open} onHide={onClose}>
      <Box padding="400">
        <BlockStack gap="400">
          <TextField
            label="Address"
            type="url"
            autoComplete="off"
            placeholder="https://example.com/webhooks"
            value={url}
            onChange={setUrl}
            error={answer?.problems.url}
            helpText="It must begin with https:// and answer with a status from 200 to 299 within ten seconds."
          />
          <ChoiceList
            title="Events"
            error={answer?.problems.kinds}
            choices={[
              { label: "All, also kinds that come later", value: "all" },
              { label: "Only these", value: "some", renderChildren: (chosen) => chosen && <ChoiceList title="Kinds" titleHidden allowMultiple choices={EVENT_KINDS.map((kind) => ({ label: kind, value: kind }))} selected={kinds} onChange={setKinds} /> },
            ]}
            selected={[all ? "all" : "some"]}
            onChange={([choice]) => setAll(choice === "all")}
          />
        </BlockStack>
      </Box>
      <TitleBar title="Add endpoint">
        <button type="button" variant="primary" disabled={fetcher.state !== "idle"} onClick={submit}>
          Add
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </TitleBar>
    </Modal>
  );
}
