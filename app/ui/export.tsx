import { useAppBridge } from "@shopify/app-bridge-react";
import { useState } from "react";

/**
 * Downloads a file of the app's. It is fetched, not linked: only a fetch carries the merchant's token out of the frame.
 */
export function useExport(url: string, filename: string): { exporting: boolean; start(): void } {
  const shopify = useAppBridge();
  const [exporting, setExporting] = useState(false);
  const download = async () => {
    setExporting(true);
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`the export answered ${answer.status}`);
      save(await answer.blob(), filename);
    } catch {
      shopify.toast.show("The export did not work. Try again.", { isError: true });
    } finally {
      setExporting(false);
    }
  };
  return { exporting, start: () => void download() };
}

function save(file: Blob, filename: string): void {
  const address = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: address, download: filename });
  link.click();
  URL.revokeObjectURL(address);
}
