import { useFetcher } from "@remix-run/react";
import { Modal, TitleBar, useAppBridge } from "@shopify/app-bridge-react";
import { BlockStack, Box, FormLayout, InlineError, Select, Text } from "@shopify/polaris";
import { useEffect, useState } from "react";
import type { Birthday } from "../../domain/customers/birthday";
import type { action } from "./customer-birthday";

export const MONTH_NAMES = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const MONTHS = [{ label: "Not known", value: "" }, ...MONTH_NAMES.map((label, index) => ({ label, value: String(index + 1) }))];
const DAYS = [{ label: "Not known", value: "" }, ...Array.from({ length: 31 }, (_, index) => ({ label: String(index + 1), value: String(index + 1) }))];

interface BirthdayModalProps {
  open: boolean;
  /** Where it is saved. */
  url: string;
  birthday: Birthday | null;
  onClose(): void;
}

/** Staff say when a customer's birthday is. */
export function BirthdayModal({ open, url, birthday, onClose }: BirthdayModalProps) {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  const [month, setMonth] = useState(birthday ? String(birthday.month) : "");
  const [day, setDay] = useState(birthday ? String(birthday.day) : "");
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer?.saved) return;
    shopify.toast.show("Birthday saved");
    onClose();
  }, [answer]); // an answer is told once; onClose is made anew with every drawing

  return (
    <Modal open={open} onHide={onClose}>
      <Box padding="400">
        <BlockStack gap="400">
          <FormLayout>
            <FormLayout.Group condensed>
              <Select id="birthday-month" label="Month" options={MONTHS} value={month} onChange={setMonth} />
              <Select label="Day" options={DAYS} value={day} onChange={setDay} />
            </FormLayout.Group>
          </FormLayout>
          {answer?.problem && <InlineError message={answer.problem} fieldID="birthday-month" />}
          <Text as="p" tone="subdued">
            If Shopify’s own customer field “Birth date” is filled in, it counts again with the customer’s next change there.
          </Text>
        </BlockStack>
      </Box>
      <TitleBar title="Birthday">
        <button type="button" variant="primary" disabled={fetcher.state !== "idle"} onClick={() => fetcher.submit({ month, day }, { method: "post", action: url })}>
          Save
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </TitleBar>
    </Modal>
  );
}
