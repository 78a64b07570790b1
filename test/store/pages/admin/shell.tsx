/** Top bar, navigation, save bar, toasts: what the admin draws around every page. */
import { ContextualSaveBar, Frame, Loading, Modal, Navigation, Text, Toast, TopBar } from "@shopify/polaris";
import { AppsIcon, CodeIcon, DiscountIcon, OrderIcon, PersonIcon, ProductIcon, SettingsIcon, StoreIcon } from "@shopify/polaris-icons";
import { useEffect, useState, type ReactNode } from "react";
import { appBase, base, boot } from "./api";
import type { AppFrame } from "./frame";
import { addGuard, usePath } from "./router";

export function Shell({ frame, children }: { frame: AppFrame; children: ReactNode }) {
  const path = usePath();
  const [navOpen, setNavOpen] = useState(false);
  const [discarding, setDiscarding] = useState(false);
  useEffect(() => setNavOpen(false), [path]);
  useGuards(frame);

  return (
    <Frame
      topBar={<TopBar showNavigationToggle onNavigationToggle={() => setNavOpen((open) => !open)} userMenu={<ShopName />} />}
      logo={{ width: 110, topBarSource: "/pages/logo.svg", accessibilityLabel: "Local store", url: base }}
      navigation={<AdminNavigation frame={frame} path={path} />}
      showMobileNavigation={navOpen}
      onNavigationDismiss={() => setNavOpen(false)}
    >
      {frame.state.loading && <Loading />}
      <AppSaveBar frame={frame} onDiscard={() => setDiscarding(true)} />
      {children}
      {frame.state.toasts.map((toast) => (
        <Toast
          key={toast.toast}
          content={toast.message}
          error={toast.isError}
          duration={toast.durationMs}
          action={toast.action ? { content: toast.action, onAction: () => frame.tell({ type: "toastAction", toast: toast.toast }) } : undefined}
          onDismiss={() => {
            frame.dropToast(toast.toast);
            frame.tell({ type: "toastDismissed", toast: toast.toast });
          }}
        />
      ))}
      <Confirmation
        open={discarding}
        title="Discard all unsaved changes"
        body="If you discard changes, you’ll delete any edits you made since you last saved."
        action="Discard changes"
        onClose={(confirmed) => {
          setDiscarding(false);
          if (confirmed) press(frame, frame.state.saveBar?.discard?.button);
        }}
      />
      <Confirmation
        open={frame.leaving !== null}
        title="Leave page with unsaved changes?"
        body="Leaving this page will delete all unsaved changes."
        action="Leave page"
        onClose={(confirmed) => frame.closeLeaving(confirmed)}
      />
    </Frame>
  );
}

function press(frame: AppFrame, button: number | undefined): void {
  if (button !== undefined) frame.tell({ type: "press", button });
}

/** Inside the app its own router moves; with unsaved changes nothing does. */
function useGuards(frame: AppFrame): void {
  useEffect(
    () =>
      addGuard((url) => {
        if (frame.state.saveBar) {
          frame.addToast("Save or discard your changes first", true);
          return false;
        }
        if (!frame.ref.current || !url.startsWith(appBase)) return true;
        frame.tell({ type: "navigate", href: url.slice(appBase.length) || "/app" });
        return false;
      }),
    [frame],
  );
}

function AdminNavigation({ frame, path }: { frame: AppFrame; path: string }) {
  const home = frame.state.nav.find((item) => item.rel === "home")?.href ?? "/app";
  const pages = frame.state.nav.filter((item) => item.rel !== "home" && item.href);
  return (
    <Navigation location={path}>
      <Navigation.Section
        items={[
          { label: "Orders", url: `${base}/orders`, icon: OrderIcon },
          { label: "Products", url: `${base}/products`, icon: ProductIcon },
          { label: "Customers", url: `${base}/customers`, icon: PersonIcon },
          { label: "Discounts", url: `${base}/discounts`, icon: DiscountIcon },
        ]}
      />
      <Navigation.Section
        title="Apps"
        items={[
          {
            label: boot.app.name,
            url: `${appBase}${home}`,
            icon: AppsIcon,
            matches: path.startsWith(appBase),
            subNavigationItems: pages.map((item) => ({ label: item.text, url: `${appBase}${item.href}` })),
          },
        ]}
      />
      <Navigation.Section
        title="Local store"
        items={[
          { label: "Storefront", url: "/", icon: StoreIcon, external: true, matches: false },
          { label: "Webhooks", url: `${base}/webhooks`, icon: CodeIcon },
          { label: "Settings", url: `${base}/settings`, icon: SettingsIcon },
        ]}
      />
    </Navigation>
  );
}

function AppSaveBar({ frame, onDiscard }: { frame: AppFrame; onDiscard: () => void }) {
  const bar = frame.state.saveBar;
  if (!bar) return null;
  return (
    <ContextualSaveBar
      fullWidth
      message="Unsaved changes"
      saveAction={{
        content: bar.save?.text || "Save",
        loading: bar.save?.loading ?? false,
        disabled: bar.save?.disabled ?? false,
        onAction: () => press(frame, bar.save?.button),
      }}
      discardAction={{
        content: bar.discard?.text || "Discard",
        disabled: bar.discard?.disabled ?? false,
        onAction: () => (bar.discardConfirmation ? onDiscard() : press(frame, bar.discard?.button)),
      }}
    />
  );
}

function ShopName() {
  return (
    <div className="shop-name">
      <Text as="span" variant="bodyMd" fontWeight="medium">
        {boot.title}
      </Text>
    </div>
  );
}

function Confirmation(props: { open: boolean; title: string; body: string; action: string; onClose: (confirmed: boolean) => void }) {
  return (
    <Modal
      open={props.open}
      onClose={() => props.onClose(false)}
      title={props.title}
      primaryAction={{ content: props.action, destructive: true, onAction: () => props.onClose(true) }}
      secondaryActions={[{ content: "Continue editing", onAction: () => props.onClose(false) }]}
    >
      <Modal.Section>{props.body}</Modal.Section>
    </Modal>
  );
}
