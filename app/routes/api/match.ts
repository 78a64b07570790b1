/** Which call an address names. Pure. */
import { OPERATIONS, type OperationName } from "../../contract/api/operations";

interface Template {
  name: OperationName;
  method: string;
  parts: string[];
}

const TEMPLATES: Template[] = Object.entries(OPERATIONS).map(([name, { method, path }]) => ({ name: name as OperationName, method, parts: path.slice(1).split("/") }));

export interface Match {
  name: OperationName;
  params: Record<string, string>;
}

/** The calls at this path, by method; null: none, or the path is not well encoded. A word stands before a parameter. */
export function matchCall(path: string): Record<string, Match> | null {
  const given = decode(path);
  if (!given) return null;
  const found = TEMPLATES.map((template) => ({ template, params: paramsOf(template.parts, given) })).filter(({ params }) => params !== null);
  if (found.length === 0) return null;
  found.sort((one, other) => Object.keys(other.params ?? {}).length - Object.keys(one.params ?? {}).length);
  return Object.fromEntries(found.map(({ template, params }) => [template.method, { name: template.name, params: params ?? {} }]));
}

function decode(path: string): string[] | null {
  try {
    return path.replace(/^\//, "").replace(/\/$/, "").split("/").map(decodeURIComponent);
  } catch {
    return null;
  }
}

function paramsOf(parts: string[], given: string[]): Record<string, string> | null {
  if (parts.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? "";
    const param = /^\{(\w+)\}$/.exec(part)?.[1];
    if (param !== undefined && value !== "") params[param] = value;
    else if (part !== value) return null;
  }
  return params;
}
