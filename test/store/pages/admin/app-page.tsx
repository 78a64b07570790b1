/** The app in its frame, under its title bar. */
import { Button, ButtonGroup, InlineStack, Text } from "@shopify/polaris";
import { useEffect, useState } from "react";
import type { BarItem } from "../bridge/protocol";
import { boot, read } from "./api";
import type { AppFrame } from "./frame";

export function AppPage({ frame, path }: { frame: AppFrame; path: string }) {
  // The address is asked for once: from then on the app moves inside the frame and tells where it is.
  const [src, setSrc] = useState(boot.frameSrc);
  useEffect(() => {
    if (!src) void read<{ src: string }>(`frame?path=${encodeURIComponent(path)}`).then((answer) => setSrc(answer.src));
    boot.frameSrc = null;
    return () => frame.reset();
  }, []);

  const title = frame.state.title;
  return (
    <div className="app-page">
      <div className="app-title">
        <InlineStack gap="200" align="space-between" blockAlign="center" wrap={false}>
          <InlineStack gap="200" blockAlign="center" wrap={false}>
            <img src="/pages/app-icon.svg" alt="" width={20} height={20} />
            <Text as="h1" variant="headingSm" truncate>
              {title?.title || boot.app.name}
            </Text>
          </InlineStack>
          <ButtonGroup>{(title?.items ?? []).map((item) => titleButton(frame, item))}</ButtonGroup>
        </InlineStack>
      </div>
      {src && <iframe ref={frame.ref} id="app" name="app-iframe" title={boot.app.name} src={src} allow="clipboard-write" />}
    </div>
  );
}

function titleButton(frame: AppFrame, item: BarItem) {
  return (
    <Button
      key={item.button}
      size="slim"
      variant={item.primary ? "primary" : "secondary"}
      tone={item.critical ? "critical" : undefined}
      disabled={item.disabled}
      loading={item.loading}
      onClick={() => frame.tell({ type: "press", button: item.button })}
    >
      {item.text}
    </Button>
  );
}
