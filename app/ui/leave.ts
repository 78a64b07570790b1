import { useNavigate } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";

/** Leaves the page; the admin asks first where the save bar shows unsaved changes, unless told to leave by force. */
export function useLeave() {
  const shopify = useAppBridge();
  const navigate = useNavigate();
  return async (url: string, { force = false } = {}) => {
    if (!force) await shopify.saveBar.leaveConfirmation();
    navigate(url);
  };
}
