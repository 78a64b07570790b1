import { useFetcher } from "@remix-run/react";
import { Modal, TitleBar, useAppBridge } from "@shopify/app-bridge-react";
import { BlockStack, Box, ChoiceList, Text, TextField } from "@shopify/polaris";
import { useEffect, useState } from "react";
import { formatCount } from "../../ui/count";
import { useShop } from "../../ui/shop";
import type { action } from "./customer";

interface AdjustModalProps {
  open: boolean;
  /** The key of this opening: one key is one adjustment, however often it is sent. */
  requestKey: string;
  spendable: number;
  onClose(): void;
}

/** Staff give or take points by hand, with a reason the customer can read. */
export function AdjustModal({ open, requestKey, spendable, onClose }: AdjustModalProps) {
  const shopify = useAppBridge();
  const { pointsName } = useShop();
  const fetcher = useFetcher<typeof action>();
  const [key] = useState(requestKey);
  const [direction, setDirection] = useState<"give" | "take">("give");
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer?.adjusted) return;
    shopify.toast.show("Points adjusted");
    onClose();
  }, [answer]); // an answer is told once; onClose is made anew with every drawing

  const number = /^\d{1,9}$/.test(amount.trim()) ? Number(amount) : null;
  const after = number === null ? null : spendable + (direction === "give" ? number : -number);
  return (
    <Modal open={open} onHide={onClose}>
      <Box padding="400">
        <BlockStack gap="400">
          <ChoiceList
            title="What to do"
            titleHidden
            choices={[
              { label: `Give ${pointsName}`, value: "give" },
              { label: `Take ${pointsName}`, value: "take" },
            ]}
            selected={[direction]}
            onChange={([choice]) => setDirection(choice === "take" ? "take" : "give")}
          />
          <TextField label="How many" autoComplete="off" inputMode="numeric" suffix={pointsName} value={amount} onChange={setAmount} error={answer?.amount} />
          <TextField label="Reason" autoComplete="off" maxLength={200} value={reason} onChange={setReason} error={answer?.reason} helpText="The customer reads it on the statement." />
          {after !== null && (
            <Text as="p" tone="subdued">
              To spend now: {formatCount(spendable)}. Afterwards: {formatCount(after)}.
            </Text>
          )}
        </BlockStack>
      </Box>
      <TitleBar title="Adjust points">
        <button type="button" variant="primary" disabled={fetcher.state !== "idle"} onClick={() => fetcher.submit({ direction, amount, reason, requestKey: key }, { method: "post" })}>
          {direction === "give" ? "Give points" : "Take points"}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </TitleBar>
    </Modal>
  );
}
