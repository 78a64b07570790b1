export function fetchSchema(which?: "admin" | "functions"): string;
