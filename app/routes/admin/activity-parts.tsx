/** What the tabs of the activity page share. */
import { useFetcher } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";
import { Box, Button, ButtonGroup, InlineStack, Spinner, Text, type ButtonProps } from "@shopify/polaris";
import { useEffect, useState, type ReactNode } from "react";
import type { LastLook } from "../../domain/drift/queries.server";
import { ConfirmModal } from "../../ui/confirm-modal";
import { plural } from "../../ui/count";
import { useListAddress } from "../../ui/list";
import type { action } from "./activity";

export interface TableProps<T> {
  rows: T[];
  next: string | null;
  previous: string | null;
}

/** Why it is as it is: long, and wrapped. */
export function Problem({ text, subdued = false }: { text: string; subdued?: boolean }) {
  return (
    <div style={{ maxWidth: 480, whiteSpace: "normal" }}>
      <Text as="span" breakWord {...(subdued && { tone: "subdued" as const })}>
        {text}
      </Text>
    </div>
  );
}

interface AgainProps {
  intent: string;
  /** What it is done to; none: to all that are shown. */
  id?: string;
  label: string;
  /** Asked before it is done. */
  confirm?: { title: string; message: string; destructive?: boolean };
  variant?: ButtonProps["variant"];
  disabled?: boolean;
}

/** A button that has something done and says what came of it. */
export function AgainButton({ intent, id, label, confirm, variant, disabled = false }: AgainProps) {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (fetcher.state === "idle" && fetcher.data) shopify.toast.show(fetcher.data.said);
  }, [fetcher.state, fetcher.data, shopify]);
  const send = () => {
    setAsking(false);
    void fetcher.submit({ intent, ...(id !== undefined && { id }) }, { method: "post" });
  };
  return (
    <div>
      <Button
        size="slim"
        {...(variant && { variant })}
        loading={fetcher.state !== "idle"}
        disabled={disabled}
        {...(id !== undefined && { accessibilityLabel: `${label} ${id}` })}
        onClick={confirm ? () => setAsking(true) : send}
      >
        {label}
      </Button>
      {confirm && <ConfirmModal {...confirm} open={asking} action={label} onConfirm={send} onClose={() => setAsking(false)} />}
    </div>
  );
}

export interface LookState {
  /** Staff asked for one and it is not over. */
  underWay: boolean;
  /** The last of each kind, or the one that runs. */
  last: LastLook[];
}

const LOOKED_UNITS = { orders: "order", codes: "code" } as const;

/** Has orders and codes looked at now, and says how far that is. */
export function LookNow({ look }: { look: LookState }) {
  const running = look.last.find(({ status }) => status === "running");
  return (
    <InlineStack gap="200" blockAlign="center">
      <div role="status">
        {look.underWay && (
          <InlineStack gap="200" blockAlign="center">
            <div style={{ display: "flex" }}>
              <Spinner size="small" />
            </div>
            <Text as="span" tone="subdued" variant="bodySm">
              {running && running.looked > 0 ? `Looking, ${plural(running.looked, LOOKED_UNITS[running.kind])} so far` : "Looking"}
            </Text>
          </InlineStack>
        )}
      </div>
      <AgainButton intent="look" label="Look now" disabled={look.underWay} />
    </InlineStack>
  );
}

interface BarProps {
  /** A switch between views of the tab: their address and name. */
  views?: { view: string; label: string }[];
  shown?: string;
  children?: ReactNode;
}

/** Above a tab's list: which of its views is shown, and what can be done with all of it. */
export function TabBar({ views = [], shown, children }: BarProps) {
  const { change } = useListAddress();
  return (
    <Box padding="300" borderBlockEndWidth="025" borderColor="border">
      <InlineStack align="space-between" blockAlign="center" gap="200">
        <ButtonGroup variant="segmented">
          {views.map(({ view, label }) => (
            <Button key={view} size="slim" pressed={view === shown} onClick={() => change({ view })}>
              {label}
            </Button>
          ))}
        </ButtonGroup>
        {children}
      </InlineStack>
    </Box>
  );
}
