/** The checkout's components as plain HTML: what both generations of the extension API are drawn with. */
import { useEffect, useId, useState, type CSSProperties, type ReactNode } from "react";

const GAPS: Record<string, number> = {
  none: 0, "small-500": 2, "small-400": 4, "small-300": 6, "small-200": 8, "small-100": 10, small: 12, base: 16, large: 20, "large-100": 24,
  extraTight: 4, tight: 8, loose: 20, extraLoose: 28,
};

/** Pixels of a size word of either API. */
export function gapOf(size: string | undefined, otherwise = 0): number {
  return size === undefined ? otherwise : (GAPS[size] ?? otherwise);
}

const ROLES: Record<string, string> = {
  "unordered-list": "list", unorderedList: "list", "ordered-list": "list", "list-item": "listitem", listItem: "listitem", status: "status", alert: "alert",
};

export interface FrameProps {
  children?: ReactNode;
  role?: string | undefined;
  label?: string | undefined;
  background?: string | undefined;
  border?: string | undefined;
  radius?: string | undefined;
  padding?: string | undefined;
}

function frameStyle({ background, border, radius, padding }: FrameProps): CSSProperties {
  return {
    ...(background === "subdued" ? { background: "var(--subdued)" } : {}),
    ...(border && border !== "none" ? { border: "1px solid var(--line)" } : {}),
    ...(radius && radius !== "none" ? { borderRadius: 8, overflow: "hidden" } : {}),
    ...(padding ? { padding: gapOf(padding) } : {}),
  };
}

function roleOf(role: string | undefined): string | undefined {
  return role === undefined ? undefined : ROLES[role];
}

export function Box(props: FrameProps) {
  return <div role={roleOf(props.role)} aria-label={props.label} style={frameStyle(props)}>{props.children}</div>;
}

export function Stack({ inline, gap, align, ...frame }: FrameProps & { inline: boolean; gap: number; align?: string | undefined }) {
  const style: CSSProperties = {
    ...frameStyle(frame), display: "flex", gap,
    ...(inline ? { flexWrap: "wrap", alignItems: align ?? "center" } : { flexDirection: "column", alignItems: align ?? "stretch" }),
  };
  return <div role={roleOf(frame.role)} aria-label={frame.label} style={style}>{frame.children}</div>;
}

export function Grid({ columns, gap, align, ...frame }: FrameProps & { columns: string; gap: number; align?: string | undefined }) {
  const style: CSSProperties = { ...frameStyle(frame), display: "grid", gridTemplateColumns: columns, columnGap: gap, rowGap: gap, alignItems: align ?? "stretch" };
  return <div role={roleOf(frame.role)} style={style}>{frame.children}</div>;
}

export function Heading({ children }: { children?: ReactNode }) {
  return <h2 className="x-heading">{children}</h2>;
}

export function Text({ children, strong, small, subdued }: { children?: ReactNode; strong: boolean; small: boolean; subdued: boolean }) {
  const names = ["x-text", strong && "x-strong", small && "x-small", subdued && "x-subdued"].filter(Boolean);
  return <span className={names.join(" ")}>{children}</span>;
}

export function Badge({ children }: { children?: ReactNode }) {
  return <span className="x-badge">{children}</span>;
}

export function Divider() {
  return <hr className="x-divider" />;
}

export function Skeleton({ lines }: { lines: number }) {
  return <div className="x-skeleton" aria-hidden="true">{Array.from({ length: lines }, (_, n) => <span key={n} />)}</div>;
}

export function Banner({ children, title, tone }: { children?: ReactNode; title?: string | undefined; tone: string }) {
  return (
    <div role={tone === "critical" ? "alert" : "status"} className={`x-banner x-${tone}`}>
      <span className="x-mark" aria-hidden="true" />
      <div className="x-banner-text">
        {title ? <strong>{title}</strong> : null}
        {children}
      </div>
    </div>
  );
}

interface ButtonProps {
  children?: ReactNode;
  weight: string;
  loading: boolean;
  disabled: boolean;
  label?: string | undefined;
  onPress?: (() => void) | undefined;
}

export function Button({ children, weight, loading, disabled, label, onPress }: ButtonProps) {
  return (
    <button type="button" className={`x-button x-${weight}`} disabled={disabled} aria-busy={loading} aria-label={label} onClick={() => !loading && onPress?.()}>
      <span className={loading ? "x-hidden" : ""}>{children}</span>
      {loading ? <span className="x-spinner" aria-hidden="true" /> : null}
    </button>
  );
}

interface SelectProps {
  /** The options. */
  children?: ReactNode;
  label?: string | undefined;
  value?: string | undefined;
  disabled: boolean;
  onChange?: ((value: string) => void) | undefined;
}

/** Shows a choice at once: the extension's answer to it comes from another thread. */
export function Select({ children, label, value, disabled, onChange }: SelectProps) {
  const id = useId();
  const [shown, setShown] = useState(value);
  useEffect(() => setShown(value), [value]);
  const choose = (chosen: string) => {
    setShown(chosen);
    onChange?.(chosen);
  };
  return (
    <div className="x-select">
      <label className="x-text x-small" htmlFor={id}>{label}</label>
      <select id={id} value={shown} disabled={disabled} onChange={(event) => choose(event.target.value)}>{children}</select>
    </div>
  );
}
