import { ConfirmModal } from "../../ui/confirm-modal";

interface ArchiveModalProps {
  open: boolean;
  /** How many awards were chosen. */
  count: number;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before awards are archived, in the list and on an award's page: their codes leave Shopify. */
export function ArchiveModal({ open, count, onConfirm, onClose }: ArchiveModalProps) {
  const many = count > 1;
  return (
    <ConfirmModal
      open={open}
      title={many ? `Archive ${count} awards?` : "Archive this award?"}
      message={
        many
          ? "They disappear from the list and from the checkout, and their codes stop working. Their history stays. You can activate each again."
          : "It disappears from the list and from the checkout, and its codes stop working. Its history stays. You can activate it again."
      }
      action="Archive"
      destructive
      onConfirm={onConfirm}
      onClose={onClose}
    />
  );
}
