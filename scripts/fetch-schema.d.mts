export const SCHEMA_FILE: string;
export function fetchSchema(): string;
