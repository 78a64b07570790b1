/** The frame of every page of the admin's own: heading, waiting, trouble, and an action that reports how it went. */
import { Badge, Banner, Page, SkeletonBodyText, type PageProps } from "@shopify/polaris";
import { useState, type ReactNode } from "react";

/** A page that shows a skeleton until its data is there. */
export function DataPage<Data>(props: { data: Data | null; problem: string | null; children: (data: Data) => ReactNode } & Omit<PageProps, "children">) {
  const { data, problem, children, ...page } = props;
  return (
    <Page {...page}>
      {problem && <Banner tone="critical">{problem}</Banner>}
      {!data && !problem && <SkeletonBodyText lines={6} />}
      {data && children(data)}
    </Page>
  );
}

/** Runs an action of the store; `report` hears the sentence to show. */
export function useAction(report: (message: string, isError: boolean) => void): { busy: boolean; run: (what: string, work: () => Promise<unknown>) => void } {
  const [busy, setBusy] = useState(false);
  const run = (what: string, work: () => Promise<unknown>) => {
    setBusy(true);
    work()
      .then(() => report(what, false))
      .catch((error: Error) => report(error.message, true))
      .finally(() => setBusy(false));
  };
  return { busy, run };
}

/** A status word as a badge. */
export function StatusBadge({ status }: { status: string }) {
  const tone = /active|delivered|paid/i.test(status) ? "success" : /cancel|fail|dropped|refund/i.test(status) ? "critical" : /pending|schedul/i.test(status) ? "attention" : undefined;
  return <Badge tone={tone}>{status}</Badge>;
}
