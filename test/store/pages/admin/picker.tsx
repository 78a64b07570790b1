/** The dialog behind shopify.resourcePicker and shopify.picker: a search and a list to tick. */
import { BlockStack, Modal, OptionList, Spinner, Text, TextField, Thumbnail } from "@shopify/polaris";
import { useEffect, useState } from "react";
import type { PickRequest, PickRow } from "../bridge/protocol";
import { read } from "./api";

export function Picker({ request, onClose }: { request: PickRequest; onClose: (picked: unknown[] | null) => void }) {
  const [query, setQuery] = useState(request.query);
  const [rows, setRows] = useState<PickRow[] | null>(request.resource ? null : request.rows);
  const [known, setKnown] = useState(() => new Map(request.rows.map((row) => [row.id, row])));
  const [selected, setSelected] = useState(request.selectedIds);

  useEffect(() => {
    if (!request.resource) return setRows(request.rows.filter((row) => matches(row, query)));
    let current = true;
    void read<PickRow[]>(`pick?resource=${request.resource}&query=${encodeURIComponent(query)}`).then((found) => {
      if (!current) return;
      setRows(found);
      setKnown((before) => new Map([...before, ...found.map((row) => [row.id, row] as const)]));
    });
    return () => {
      current = false;
    };
  }, [request, query]);

  const limit = request.multiple === true ? Infinity : request.multiple === false ? 1 : request.multiple;
  return (
    <Modal
      open
      onClose={() => onClose(null)}
      title={request.heading}
      primaryAction={{ content: "Select", onAction: () => onClose(selected.flatMap((id) => known.get(id)?.value ?? [])) }}
      secondaryActions={[{ content: "Cancel", onAction: () => onClose(null) }]}
    >
      <Modal.Section>
        <BlockStack gap="300">
          <TextField label="Search" labelHidden placeholder="Search" value={query} onChange={setQuery} autoComplete="off" clearButton onClearButtonClick={() => setQuery("")} />
          {rows === null && <Spinner accessibilityLabel="Loading" size="small" />}
          {rows?.length === 0 && <Text as="p">Nothing found</Text>}
          {rows && rows.length > 0 && (
            <OptionList
              allowMultiple={limit > 1}
              selected={selected}
              onChange={(ids) => setSelected(ids.slice(-Math.min(limit, ids.length)))}
              options={rows.map((row) => ({
                value: row.id,
                label: row.detail ? `${row.heading} · ${row.detail}` : row.heading,
                media: row.imageUrl ? <Thumbnail source={row.imageUrl} alt="" size="extraSmall" /> : undefined,
              }))}
            />
          )}
        </BlockStack>
      </Modal.Section>
    </Modal>
  );
}

function matches(row: PickRow, query: string): boolean {
  return `${row.heading} ${row.detail}`.toLowerCase().includes(query.toLowerCase());
}
