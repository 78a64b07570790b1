import { Card, EmptyState, Page } from "@shopify/polaris";
import { z } from "zod";

const Said = z.object({ title: z.string(), message: z.string() });

/** What a merchant sees instead of a page that could not be made. */
export function ProblemPage({ error }: { error: unknown }) {
  const said = Said.safeParse(error);
  const { title, message } = said.success
    ? said.data
    : { title: "This page could not be shown", message: "Something went wrong on our side. Nothing was changed. Load the page again; if it stays like this, tell us what you were doing." };
  return (
    <Page>
      <Card>
        <EmptyState heading={title} image="" action={{ content: "Go to awards", url: "/app/awards" }}>
          <p>{message}</p>
        </EmptyState>
      </Card>
    </Page>
  );
}
