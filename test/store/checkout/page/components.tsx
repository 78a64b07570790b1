/** The components of API versions up to 2025-07. */
import type { ReactNode } from "react";
import { Badge, Banner, Box, Button, Divider, gapOf, Grid, Heading, Select, Skeleton, Stack, Text, type FrameProps } from "./pieces";

interface ComponentProps {
  children?: ReactNode;
  [property: string]: unknown;
}

function word(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function frame({ children, accessibilityRole, accessibilityLabel, background, border, cornerRadius, padding }: ComponentProps): FrameProps {
  return {
    children, role: word(accessibilityRole), label: word(accessibilityLabel), background: word(background),
    border: word(border), radius: word(cornerRadius), padding: word(padding),
  };
}

/** ["fill", "auto"] → "1fr auto". */
function columns(value: unknown): string {
  if (!Array.isArray(value)) return "1fr";
  return value.map((column: unknown) => (column === "fill" ? "minmax(0, 1fr)" : "auto")).join(" ");
}

export const components: Record<string, (props: ComponentProps) => ReactNode> = {
  View: (props) => <Box {...frame(props)} />,
  BlockStack: (props) => <Stack {...frame(props)} inline={false} gap={gapOf(word(props.spacing), 16)} />,
  InlineStack: (props) => <Stack {...frame(props)} inline gap={gapOf(word(props.spacing), 16)} />,
  Grid: (props) => <Grid {...frame(props)} columns={columns(props.columns)} gap={gapOf(word(props.spacing))} align={word(props.blockAlignment)} />,
  Heading: ({ children }) => <Heading>{children}</Heading>,
  Text: ({ children, size, emphasis, appearance }) => (
    <Text strong={emphasis === "bold"} small={size === "small"} subdued={appearance === "subdued"}>{children}</Text>
  ),
  Badge: ({ children }) => <Badge>{children}</Badge>,
  Divider: () => <Divider />,
  Banner: ({ children, title, status }) => <Banner title={word(title)} tone={word(status) ?? "info"}>{children}</Banner>,
  Button: ({ children, kind, loading, loadingLabel, disabled, accessibilityLabel, onPress }) => (
    <Button
      weight={word(kind) ?? "primary"} loading={loading === true} disabled={disabled === true}
      label={loading === true ? (word(loadingLabel) ?? word(accessibilityLabel)) : word(accessibilityLabel)}
      onPress={typeof onPress === "function" ? () => void onPress() : undefined}
    >
      {children}
    </Button>
  ),
  Select: ({ label, value, options, disabled, onChange }) => (
    <Select label={word(label)} value={word(value)} disabled={disabled === true} onChange={typeof onChange === "function" ? (chosen) => void onChange(chosen) : undefined}>
      {Array.isArray(options) ? options.map((option: { value: string; label: string }) => <option key={option.value} value={option.value}>{option.label}</option>) : null}
    </Select>
  ),
  SkeletonTextBlock: ({ lines }) => <Skeleton lines={typeof lines === "number" ? lines : 3} />,
};
