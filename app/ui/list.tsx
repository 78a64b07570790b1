/** What every list shares: search, tabs and sorting kept in the address, and paging by cursor. */
import { useNavigation, useSearchParams } from "@remix-run/react";
import { IndexFilters, IndexFiltersMode, useSetIndexFiltersMode, type IndexFiltersProps } from "@shopify/polaris";
import { useEffect, useRef, useState } from "react";

const TYPING_PAUSE_MS = 300;

/** Changes the list's address; every change but a turn of the page starts again at the first one. */
export function useListAddress() {
  const [params, setParams] = useSearchParams();
  const change = (changes: Record<string, string | null>) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        next.delete("after");
        next.delete("before");
        for (const [name, value] of Object.entries(changes)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  return { params, change };
}

/** Whether the same page is being loaded again, with another search, tab or position. */
export function useListLoading(): boolean {
  const navigation = useNavigation();
  return navigation.state === "loading" && navigation.formMethod === undefined;
}

interface ListFiltersProps {
  placeholder: string;
  /** Tab 0 is "all": it sets no parameter. */
  tabs: { label: string; value: string | null }[];
  tabParameter?: string;
  sorts?: { label: string; value: string; directionLabel: string }[];
  filters?: IndexFiltersProps["filters"];
  appliedFilters?: IndexFiltersProps["appliedFilters"];
}

/** Search field, tabs and sort above a list. */
export function ListFilters({ placeholder, tabs, tabParameter = "status", sorts, filters = [], appliedFilters = [] }: ListFiltersProps) {
  const { params, change } = useListAddress();
  const loading = useListLoading();
  const searched = params.get("q") ?? "";
  // A list that an address has narrowed says so from the start.
  const { mode, setMode } = useSetIndexFiltersMode(searched || appliedFilters.length > 0 ? IndexFiltersMode.Filtering : IndexFiltersMode.Default);
  const [typed, setTyped] = useState(searched);
  const [arrived, setArrived] = useState(false);
  useEffect(() => setArrived(true), []);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);

  const search = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => change({ q: text }), TYPING_PAUSE_MS);
  };
  const clear = (filterKeys: string[] = []) => {
    clearTimeout(timer.current);
    setTyped("");
    change({ q: null, ...Object.fromEntries(filterKeys.map((key) => [key, null])) });
  };
  const clearAll = () => clear(appliedFilters.map(({ key }) => key));
  const selected = Math.max(0, tabs.findIndex((tab) => tab.value === params.get(tabParameter)));
  return (
    <IndexFilters
      mode={mode}
      setMode={setMode}
      // Whoever opens the search is led into it; whoever comes to a narrowed list reads first.
      autoFocusSearchField={arrived}
      loading={loading}
      queryValue={typed}
      queryPlaceholder={placeholder}
      onQueryChange={search}
      onQueryClear={() => clear()}
      // It puts the filters out of sight: none may stay on there.
      cancelAction={{ onAction: clearAll }}
      tabs={tabs.map(({ label, value }) => ({ id: value ?? "all", content: label, isLocked: true }))}
      selected={selected}
      onSelect={(index) => change({ [tabParameter]: tabs[index]?.value ?? null })}
      canCreateNewView={false}
      filters={filters}
      appliedFilters={appliedFilters}
      onClearAll={clearAll}
      {...(sorts && {
        sortOptions: sorts.map(({ label, value, directionLabel }) => ({ label, value: `${value} asc` as const, directionLabel })),
        sortSelected: [`${params.get("sort") ?? sorts[0]?.value} asc`],
        onSort: ([choice]: string[]) => change({ sort: choice?.split(" ")[0] ?? null }),
      })}
    />
  );
}

/** Paging for IndexTable; nothing when there is one page only. */
export function useCursorPager({ next, previous }: { next: string | null; previous: string | null }) {
  const [, setParams] = useSearchParams();
  if (!next && !previous) return undefined;
  const turn = (direction: "after" | "before", cursor: string | null) => () =>
    setParams((before) => {
      const params = new URLSearchParams(before);
      params.delete("after");
      params.delete("before");
      if (cursor) params.set(direction, cursor);
      return params;
    });
  return { hasNext: next !== null, hasPrevious: previous !== null, onNext: turn("after", next), onPrevious: turn("before", previous) };
}
