import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { Modal, TitleBar, useAppBridge } from "@shopify/app-bridge-react";
import { Banner, BlockStack, Box, Button, Card, ChoiceList, IndexTable, InlineStack, Link, Page, Text, TextField, useBreakpoints } from "@shopify/polaris";
import { useEffect, useState } from "react";
import { API_SCOPE_NAMES, API_SCOPES } from "../../contract/api/scopes";
import { createKey } from "../../domain/keys/create.server";
import { KeyDraft, MAX_KEYS } from "../../domain/keys/key.server";
import { listKeys } from "../../domain/keys/queries.server";
import { revokeKey } from "../../domain/keys/revoke.server";
import { parseId, publicId } from "../../lib/ids";
import { ConfirmModal } from "../../ui/confirm-modal";
import { Copyable } from "../../ui/copyable";
import emptyKeys from "../../ui/empty-customers.svg";
import { EmptyList } from "../../ui/empty-list";
import { SmallRow } from "../../ui/small-row";
import { Time } from "../../ui/time";
import { openAdmin } from "./door.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const keys = await listKeys(shop.id);
  return { keys: keys.map(({ id, name, key, scopes, createdAt, lastUsedAt }) => ({ id: publicId("apiKey", id), name, key, scopes, createdAt, lastUsedAt })) };
}

interface Told {
  problem: string | null;
  /** Told once, to whoever made it. */
  pair: { key: string; secret: string } | null;
  revoked: boolean;
}
const NOTHING: Told = { problem: null, pair: null, revoked: false };

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = await request.formData();
  if (form.get("intent") === "revoke") {
    const id = parseId("apiKey", String(form.get("id")));
    if (id !== null) await revokeKey(shop.id, id, now);
    return { ...NOTHING, revoked: true };
  }
  const draft = KeyDraft.safeParse({ name: form.get("name"), scopes: form.getAll("scopes") });
  if (!draft.success) return data({ ...NOTHING, problem: draft.error.issues[0]?.message ?? "Give the key a name." }, { status: 422 });
  const creating = await createKey(shop.id, draft.data, now);
  if (creating.outcome === "too_many") return data({ ...NOTHING, problem: `At most ${MAX_KEYS} keys can be in use. Revoke one first.` }, { status: 422 });
  return { ...NOTHING, pair: { key: creating.key, secret: creating.secret } };
}

export default function ApiKeys() {
  const { keys } = useLoaderData<typeof loader>();
  const [creating, setCreating] = useState(false);
  const [pair, setPair] = useState<Told["pair"]>(null);
  const create = { content: "Create key", onAction: () => setCreating(true) };
  return (
    <Page title="API keys" subtitle="For tills, apps and back offices that work with coupons and points" backAction={{ content: "Settings", url: "/app/settings" }} primaryAction={keys.length > 0 ? create : undefined}>
      <BlockStack gap="400">
        {pair && <PairBanner pair={pair} onDismiss={() => setPair(null)} />}
        <Card padding="0">
          {keys.length === 0 ? (
            <EmptyList heading="No keys yet" image={emptyKeys} action={create}>
              <p>A key pair lets another program validate, lock and burn coupons and move points, as far as you permit it.</p>
            </EmptyList>
          ) : (
            <KeyTable />
          )}
        </Card>
        <Box paddingInline="400">
          <Link url="/api/reference" target="_blank">
            Read how the API is called
          </Link>
        </Box>
      </BlockStack>
      <CreateModal
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={(made) => {
          setPair(made);
          setCreating(false);
        }}
      />
    </Page>
  );
}

/** Both halves, at the one moment at which the secret is shown. */
function PairBanner({ pair, onDismiss }: { pair: NonNullable<Told["pair"]>; onDismiss(): void }) {
  return (
    <Banner title="Copy the secret now" tone="warning" onDismiss={onDismiss}>
      <BlockStack gap="200">
        <Text as="p">It is not shown again. The program sends the key as apikey and the secret as secretkey.</Text>
        <Copyable text={pair.key} what="Key" />
        <Copyable text={pair.secret} what="Secret" />
      </BlockStack>
    </Banner>
  );
}

type ShownKey = Awaited<ReturnType<typeof loader>>["keys"][number];

function KeyTable() {
  const { keys } = useLoaderData<typeof loader>();
  const fetcher = useFetcher<typeof action>();
  const shopify = useAppBridge();
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null);
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (answer?.revoked) shopify.toast.show("Key revoked");
  }, [answer, shopify]);
  const revoke = () => {
    if (revoking) fetcher.submit({ intent: "revoke", id: revoking.id }, { method: "post" });
    setRevoking(null);
  };
  const small = useBreakpoints().smDown;
  return (
    <>
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "key", plural: "keys" }}
        itemCount={keys.length}
        headings={[{ title: "Name" }, { title: "Key" }, { title: "Permissions" }, { title: "Last used" }, { title: "Revoke", hidden: true }]}
      >
        {keys.map((one, index) => (
          <IndexTable.Row key={one.id} id={one.id} position={index}>
            {small ? <SmallKey shown={one} onRevoke={() => setRevoking(one)} /> : <WideKey shown={one} onRevoke={() => setRevoking(one)} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
      <ConfirmModal
        open={revoking !== null}
        title={`Revoke ${revoking?.name ?? "this key"}?`}
        message="Programs that use it are shut out within seconds. This cannot be undone."
        action="Revoke key"
        destructive
        onConfirm={revoke}
        onClose={() => setRevoking(null)}
      />
    </>
  );
}

interface KeyProps {
  shown: ShownKey;
  onRevoke(): void;
}

function WideKey({ shown, onRevoke }: KeyProps) {
  return (
    <>
      <IndexTable.Cell>
        <KeyName shown={shown} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <div style={{ minWidth: 180, maxWidth: 300, whiteSpace: "normal" }}>
          <Copyable text={shown.key} what="Key" />
        </div>
      </IndexTable.Cell>
      <IndexTable.Cell>{permissionsOf(shown)}</IndexTable.Cell>
      <IndexTable.Cell>{shown.lastUsedAt ? <Time at={shown.lastUsedAt} /> : "Never"}</IndexTable.Cell>
      <IndexTable.Cell>
        <RevokeButton name={shown.name} onRevoke={onRevoke} />
      </IndexTable.Cell>
    </>
  );
}

function SmallKey({ shown, onRevoke }: KeyProps) {
  return (
    <SmallRow>
      <InlineStack align="space-between" blockAlign="start" gap="200" wrap={false}>
        <KeyName shown={shown} />
        <RevokeButton name={shown.name} onRevoke={onRevoke} />
      </InlineStack>
      <Copyable text={shown.key} what="Key" />
      <Text as="p" tone="subdued">
        Permissions: {permissionsOf(shown)} · {shown.lastUsedAt ? <>Last used <Time at={shown.lastUsedAt} /></> : "Never used"}
      </Text>
    </SmallRow>
  );
}

const permissionsOf = ({ scopes }: ShownKey) => (scopes.length === API_SCOPE_NAMES.length ? "All" : `${scopes.length} of ${API_SCOPE_NAMES.length}`);

function KeyName({ shown }: { shown: ShownKey }) {
  return (
    <BlockStack>
      <Text as="span" fontWeight="semibold" breakWord>
        {shown.name}
      </Text>
      <Text as="span" tone="subdued" variant="bodySm">
        Created <Time at={shown.createdAt} />
      </Text>
    </BlockStack>
  );
}

function RevokeButton({ name, onRevoke }: { name: string; onRevoke(): void }) {
  return (
    <Button variant="tertiary" tone="critical" accessibilityLabel={`Revoke ${name}`} onClick={onRevoke}>
      Revoke
    </Button>
  );
}

function CreateModal({ open, onClose, onCreated }: { open: boolean; onClose(): void; onCreated(pair: NonNullable<Told["pair"]>): void }) {
  const fetcher = useFetcher<typeof action>();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([...API_SCOPE_NAMES]);
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer?.pair) return;
    setName("");
    onCreated(answer.pair);
  }, [answer]); // an answer is told once; onCreated is made anew with every drawing

  const submit = () => {
    const form = new FormData();
    form.set("name", name);
    for (const scope of scopes) form.append("scopes", scope);
    fetcher.submit(form, { method: "post" });
  };
  return (
    <Modal open={open} onHide={onClose}>
      <Box padding="400">
        <BlockStack gap="400">
          <TextField label="Name" autoComplete="off" maxLength={60} placeholder="Till in the old town" value={name} onChange={setName} error={answer?.problem ?? undefined} helpText="Who will use it: you read it in this list." />
          <ChoiceList
            title="Permissions"
            allowMultiple
            choices={API_SCOPE_NAMES.map((scope) => ({ value: scope, label: scope, helpText: API_SCOPES[scope] }))}
            selected={scopes}
            onChange={setScopes}
          />
        </BlockStack>
      </Box>
      <TitleBar title="Create key">
        <button type="button" variant="primary" disabled={fetcher.state !== "idle" || scopes.length === 0} onClick={submit}>
          Create
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </TitleBar>
    </Modal>
  );
}
