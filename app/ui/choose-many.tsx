import { Autocomplete, BlockStack, InlineStack, Tag } from "@shopify/polaris";
import { useState } from "react";

interface ChooseManyProps {
  id: string;
  label: string;
  options: { value: string; label: string }[];
  chosen: string[];
  onChange(chosen: string[]): void;
  placeholder?: string;
  helpText?: string;
  error?: string | undefined;
  disabled?: boolean;
}

/**
 * A field to choose several things of a list by typing part of their name; what is chosen stands below it. Values that are
 * pasted with commas between them are all chosen at once, known or not.
 */
export function ChooseMany({ id, label, options, chosen, onChange, placeholder = "Search", helpText, error, disabled = false }: ChooseManyProps) {
  const [typed, setTyped] = useState("");
  const wanted = typed.trim().toLowerCase();
  const found = options.filter((option) => option.label.toLowerCase().includes(wanted)).slice(0, 100);
  const type = (text: string) => {
    if (!/[,;\t]/.test(text)) return setTyped(text);
    const pasted = text.split(/[,;\t]/).map((value) => value.trim()).filter(Boolean);
    onChange([...new Set([...chosen, ...pasted])]);
    setTyped("");
  };
  const labelOf = (value: string) => options.find((option) => option.value === value)?.label ?? value;
  return (
    <BlockStack gap="200">
      <Autocomplete
        allowMultiple
        options={found}
        selected={chosen}
        onSelect={onChange}
        emptyState={<div style={{ padding: "var(--p-space-300)", textAlign: "center" }}>Nothing of that name</div>}
        textField={<Autocomplete.TextField id={id} label={label} value={typed} onChange={type} placeholder={placeholder} autoComplete="off" disabled={disabled} {...(helpText && { helpText })} {...(error && { error })} />}
      />
      {chosen.length > 0 && (
        <InlineStack gap="200">
          {chosen.map((value) => (
            <Tag key={value} disabled={disabled} onRemove={() => onChange(chosen.filter((each) => each !== value))}>
              {labelOf(value)}
            </Tag>
          ))}
        </InlineStack>
      )}
    </BlockStack>
  );
}
