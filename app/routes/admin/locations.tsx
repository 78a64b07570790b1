import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData, useNavigation, useSubmit } from "@remix-run/react";
import { Banner, BlockStack, Card, DropZone, EmptySearchResult, IndexTable, List, Page, Text } from "@shopify/polaris";
import { importLocations } from "../../domain/locations/import.server";
import { listLocations } from "../../domain/locations/queries.server";
import { readPosition } from "../../lib/page";
import { plural } from "../../ui/count";
import { ListFilters, useCursorPager, useListLoading } from "../../ui/list";
import { openAdmin } from "./door.server";
import { chunksOf, readForm } from "./form.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const address = new URL(request.url).searchParams;
  const text = (address.get("q") ?? "").slice(0, 100);
  return { page: await listLocations(shop.id, { text, position: readPosition(address, 2) }), searched: text !== "" };
}

/** As many failed rows as a page can usefully name. */
const FAILED_SHOWN = 50;

export async function action({ request }: ActionFunctionArgs) {
  const { shop } = await openAdmin(request);
  const file = (await readForm(request)).get("file");
  if (!(file instanceof File) || file.size === 0) return data({ outcome: "refused" as const, message: "Choose a file." }, { status: 422 });
  const imported = await importLocations(shop.id, chunksOf(file));
  if (imported.outcome === "refused") return data(imported, { status: 422 });
  return data({ ...imported, failedCount: imported.failed.length, failed: imported.failed.slice(0, FAILED_SHOWN) });
}

export default function Locations() {
  const { page, searched } = useLoaderData<typeof loader>();
  const submit = useSubmit();
  const busy = useNavigation().state === "submitting";
  const upload = (file: File | undefined) => {
    if (!file) return;
    const form = new FormData();
    form.set("file", file);
    submit(form, { method: "post", encType: "multipart/form-data" });
  };
  return (
    <Page title="Locations" subtitle="The places where coupons are used, as your tills name them" backAction={{ content: "Awards", url: "/app/awards" }}>
      <BlockStack gap="400">
        <Outcome />
        <Card>
          <BlockStack gap="300">
            <Text as="h2" variant="headingSm">
              Upload a list
            </Text>
            <DropZone label="CSV file" labelHidden accept=".csv,text/csv,text/plain" type="file" allowMultiple={false} disabled={busy} variableHeight onDropAccepted={([file]) => upload(file)}>
              <DropZone.FileUpload actionTitle={busy ? "Uploading…" : "Choose a file"} actionHint="or drop it here. Columns: id, name, and if you like zone and concept (the kind of store)." />
            </DropZone>
            <Text as="p" tone="subdued">
              Known ids are brought up to date, new ones are added. Locations that the file does not name stay.
            </Text>
          </BlockStack>
        </Card>
        <Card padding="0">
          {(page.rows.length > 0 || searched) && <ListFilters placeholder="Search by name or whole id" tabs={[{ label: "All locations", value: null }]} tabParameter="view" />}
          <IndexTable
            selectable={false}
            resourceName={{ singular: "location", plural: "locations" }}
            itemCount={page.rows.length}
            loading={useListLoading()}
            headings={[{ title: "Name" }, { title: "Id" }, { title: "Zone" }, { title: "Kind of store" }]}
            emptyState={searched ? <EmptySearchResult title="No locations found" description="Try another name, or a whole id." /> : <EmptySearchResult title="No locations yet" description="Upload a list to choose them in awards." />}
            pagination={useCursorPager(page)}
          >
            {page.rows.map(({ id, name, zone, concept }, index) => (
              <IndexTable.Row key={id} id={id} position={index}>
                <IndexTable.Cell>
                  <Text as="span" fontWeight="medium">
                    {name}
                  </Text>
                </IndexTable.Cell>
                <IndexTable.Cell>{id}</IndexTable.Cell>
                <IndexTable.Cell>{zone}</IndexTable.Cell>
                <IndexTable.Cell>{concept}</IndexTable.Cell>
              </IndexTable.Row>
            ))}
          </IndexTable>
        </Card>
      </BlockStack>
    </Page>
  );
}

/** What came of the last upload. */
function Outcome() {
  const result = useActionData<typeof action>();
  if (!result) return null;
  if (result.outcome === "refused") {
    return (
      <Banner tone="critical">
        <p>{result.message}</p>
      </Banner>
    );
  }
  const { added, changed, unchanged, failedCount, failed } = result;
  return (
    <Banner tone={failedCount ? "warning" : "success"} title={`${plural(added, "location")} added, ${changed} changed, ${unchanged} unchanged${failedCount ? `, ${plural(failedCount, "line")} left out` : ""}`}>
      {failedCount > 0 && (
        <List>
          {failed.map(({ line, message }) => (
            <List.Item key={line}>
              Line {line}: {message}
            </List.Item>
          ))}
          {failedCount > failed.length && <List.Item>and {failedCount - failed.length} more</List.Item>}
        </List>
      )}
    </Banner>
  );
}
