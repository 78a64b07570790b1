/** The s-* elements of API versions from 2025-10 on. */
import { createRemoteComponentRenderer, type RemoteComponentRendererMap } from "@remote-dom/react/host";
import type { ReactNode } from "react";
import { Badge, Banner, Box, Button, Divider, gapOf, Grid, Heading, Select, Skeleton, Stack, Text, type FrameProps } from "./pieces";

interface ElementProps {
  children?: ReactNode;
  [property: string]: unknown;
}

function word(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function frame({ children, accessibilityRole, accessibilityLabel, background, border, borderRadius, padding }: ElementProps): FrameProps {
  return {
    children, role: word(accessibilityRole), label: word(accessibilityLabel), background: word(background),
    border: word(border), radius: word(borderRadius), padding: word(padding),
  };
}

function text({ children, type, color }: ElementProps) {
  return <Text strong={type === "strong"} small={type === "small"} subdued={color === "subdued"}>{children}</Text>;
}

function button({ children, variant, loading, disabled, accessibilityLabel, onClick }: ElementProps) {
  const press = typeof onClick === "function" ? () => void onClick() : undefined;
  return (
    <Button weight={word(variant) ?? "primary"} loading={loading === true} disabled={disabled === true} label={word(accessibilityLabel)} onPress={press}>
      {children}
    </Button>
  );
}

const DRAWN: Record<string, (props: ElementProps) => ReactNode> = {
  "s-box": (props) => <Box {...frame(props)} />,
  "s-stack": (props) => (
    <Stack {...frame(props)} inline={props.direction === "inline"} gap={gapOf(word(props.gap))} align={word(props.alignItems)} />
  ),
  "s-grid": (props) => (
    <Grid {...frame(props)} columns={word(props.gridTemplateColumns) ?? "1fr"} gap={gapOf(word(props.columnGap) ?? word(props.gap))} align={word(props.alignItems)} />
  ),
  "s-heading": ({ children }) => <Heading>{children}</Heading>,
  "s-text": text,
  "s-paragraph": text,
  "s-badge": ({ children }) => <Badge>{children}</Badge>,
  "s-divider": () => <Divider />,
  "s-banner": ({ children, heading, tone }) => <Banner title={word(heading)} tone={word(tone) ?? "info"}>{children}</Banner>,
  "s-button": button,
  "s-select": ({ children, label, value, disabled, onChange }) => (
    <Select label={word(label)} value={word(value)} disabled={disabled === true} onChange={typeof onChange === "function" ? (chosen) => void onChange(chosen) : undefined}>
      {children}
    </Select>
  ),
  "s-option": ({ children, value }) => <option value={word(value)}>{children}</option>,
  "s-spinner": ({ accessibilityLabel }) => <span className="x-spinner" role="status" aria-label={word(accessibilityLabel)} />,
  "s-skeleton-paragraph": () => <Skeleton lines={1} />,
};

export const elements: RemoteComponentRendererMap<string> = new Map(
  Object.entries(DRAWN).map(([name, draw]) => [name, createRemoteComponentRenderer<ElementProps>(draw, { name, eventProps: { onClick: { event: "click" }, onChange: { event: "change" } } })]),
);
