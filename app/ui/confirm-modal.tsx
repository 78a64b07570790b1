import { Modal, TitleBar } from "@shopify/app-bridge-react";
import { Box, Text } from "@shopify/polaris";

interface ConfirmModalProps {
  open: boolean;
  title: string;
  /** What will happen, and whether it can be undone. */
  message: string;
  action: string;
  destructive?: boolean;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something is done that a customer would notice. */
export function ConfirmModal({ open, title, message, action, destructive = false, onConfirm, onClose }: ConfirmModalProps) {
  return (
    <Modal open={open} onHide={onClose}>
      <Box padding="400">
        <Text as="p">{message}</Text>
      </Box>
      <TitleBar title={title}>
        <button type="button" variant="primary" {...(destructive ? { tone: "critical" as const } : {})} onClick={onConfirm}>
          {action}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </TitleBar>
    </Modal>
  );
}
