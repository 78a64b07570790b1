import { useFetcher } from "@remix-run/react";
import { Modal, TitleBar, useAppBridge } from "@shopify/app-bridge-react";
import { BlockStack, Box, TextField } from "@shopify/polaris";
import { useEffect, useState } from "react";
import type { Tier } from "../../domain/points/tier";
import { publicId } from "../../lib/ids";
import { useShop } from "../../ui/shop";
import type { action } from "./earning";
import { multiplierText } from "./earning-form";

interface TierModalProps {
  /** Null: closed. */
  editing: Tier | "new" | null;
  onClose(): void;
}

/** Adds a tier or changes one. */
export function TierModal({ editing, onClose }: TierModalProps) {
  const shopify = useAppBridge();
  const { pointsName } = useShop();
  const fetcher = useFetcher<typeof action>();
  const tier = editing === "new" ? null : editing;
  const [name, setName] = useState(tier?.name ?? "");
  const [fromPoints, setFromPoints] = useState(tier ? String(tier.fromPoints) : "");
  const [multiplier, setMultiplier] = useState(tier ? multiplierText(tier.multiplierMilli) : "");
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer?.said) return;
    shopify.toast.show(answer.said);
    onClose();
  }, [answer]); // an answer is told once; onClose is made anew with every drawing

  const save = () => fetcher.submit({ intent: "save-tier", id: tier ? publicId("tier", tier.id) : "", name, fromPoints, multiplier }, { method: "post" });
  return (
    <Modal open={editing !== null} onHide={onClose}>
      <Box padding="400">
        <BlockStack gap="400">
          <TextField label="Name" autoComplete="off" maxLength={30} placeholder="Silver" value={name} onChange={setName} error={answer?.problems?.name} helpText="Customers see it." />
          <TextField
            label="Reached with"
            autoComplete="off"
            inputMode="numeric"
            suffix={`${pointsName} earned in 12 months`}
            value={fromPoints}
            onChange={setFromPoints}
            error={answer?.problems?.fromPoints}
          />
          <TextField label="Earns" autoComplete="off" inputMode="decimal" placeholder="1.5" suffix="times as much" value={multiplier} onChange={setMultiplier} error={answer?.problems?.multiplierMilli} />
        </BlockStack>
      </Box>
      <TitleBar title={tier ? `Edit ${tier.name}` : "Add tier"}>
        <button type="button" variant="primary" disabled={fetcher.state !== "idle"} onClick={save}>
          Save
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </TitleBar>
    </Modal>
  );
}
