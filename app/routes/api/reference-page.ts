/** The API's document as a page for people: no script, nothing fetched, readable on a telephone. Pure. */
import { z } from "zod";

const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    format: z.string().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    maxLength: z.number().optional(),
    maxItems: z.number().optional(),
    default: z.unknown().optional(),
    items: Schema.optional(),
    properties: z.record(z.string(), Schema).optional(),
    required: z.array(z.string()).optional(),
    anyOf: z.array(Schema).optional(),
    oneOf: z.array(Schema).optional(),
  }),
);
interface Schema {
  type?: string | string[] | undefined;
  description?: string | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  format?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  maxLength?: number | undefined;
  maxItems?: number | undefined;
  default?: unknown;
  items?: Schema | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
}

const Json = z.object({ content: z.record(z.string(), z.object({ schema: Schema })).optional() });
const Operation = z.object({
  operationId: z.string(),
  tags: z.array(z.string()),
  summary: z.string(),
  description: z.string(),
  "x-scope": z.string(),
  "x-scope-to-write": z.string().optional(),
  security: z.array(z.record(z.string(), z.unknown())),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean(), description: z.string().optional(), schema: Schema })),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: Schema })) }).optional(),
  responses: z.record(z.string(), Json.extend({ "x-reasons": z.array(z.string()).optional() })),
});
const Document = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  "x-errors": z.record(z.string(), z.object({ code: z.number(), status: z.number(), message: z.string(), fix: z.string() })),
  "x-scopes": z.record(z.string(), z.string()),
});
type Document = z.infer<typeof Document>;
type Operation = z.infer<typeof Operation>;

interface Call extends Operation {
  method: string;
  path: string;
}

/** The whole page for an OpenAPI document as `apiDocument` makes it. */
export function referencePage(document: unknown): string {
  const { info, servers, paths, "x-errors": errors, "x-scopes": scopes } = Document.parse(document);
  const calls = Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })));
  const tags = [...new Set(calls.flatMap((call) => call.tags))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(info.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the calls</a>
<header><h1>${text(info.title)}</h1><p>${text(info.description)}</p><p>Version ${text(info.version)} · <a href="/api/openapi.json">OpenAPI document</a> · <code>${text(servers[0]?.url ?? "")}</code></p></header>
<nav aria-label="Calls">${tags.map((tag) => `<h2>${text(tag)}</h2><ul>${calls.filter((call) => call.tags.includes(tag)).map((call) => `<li><a href="#${call.operationId}">${text(call.summary)}</a></li>`).join("")}</ul>`).join("")}
<h2>More</h2><ul><li><a href="#start">How to begin</a></li><li><a href="#permissions">Permissions</a></li><li><a href="#errors">Errors</a></li></ul></nav>
<main id="main">
${START}
<section id="permissions"><h2>Permissions</h2>${table("Permissions of a key pair", ["Permission", "Allows to"], Object.entries(scopes).map(([scope, what]) => [`<code>${text(scope)}</code>`, text(what)]))}</section>
${tags.map((tag) => calls.filter((call) => call.tags.includes(tag)).map(callSection).join("\n")).join("\n")}
${errorSection(errors)}
</main>
</body>
</html>`;
}

const START = `<section id="start"><h2>How to begin</h2>
<p>Make a key pair in the app's settings. Send its key in the header <code>apikey</code> with every call, and its secret in <code>secretkey</code> with calls that change something. Keep both on your server.</p>
<p>Every answer is JSON. One that is not a success has <code>code</code>, <code>type</code>, <code>reason</code>, <code>message</code>, <code>documentationUrl</code> and <code>requestId</code>. A write with an <code>Idempotency-Key</code> is done once, however often it is sent. Lists come in pages: send <code>nextCursor</code> as <code>cursor</code>.</p>
<pre tabindex="0" aria-label="An example call"><code>curl -X POST $APP/api/v4.0/integrations/coupons/predefined \\
  -H "apikey: key_…" -H "secretkey: secret_…" -H "Content-Type: application/json" \\
  -H "Idempotency-Key: 8c0e…" -d '{"customerId":"7012345678901","ruleId":3}'</code></pre></section>`;

function callSection({ operationId, method, path, summary, description, parameters, requestBody, responses, security, "x-scope": scope, "x-scope-to-write": toWrite }: Call): string {
  const body = requestBody && Object.entries(requestBody.content).map(([type, { schema }]) => fieldTable(`Body (${type})`, schema)).join("");
  const answer = Object.values(responses[200]?.content ?? {})[0]?.schema;
  const reasons = Object.entries(responses).flatMap(([status, response]) => (response["x-reasons"] ?? []).map((reason) => `<a href="#${reason}"><code>${status} ${text(reason)}</code></a>`));
  const secret = security.every((way) => "secretkey" in way) ? "Needs the secret." : security.some((way) => "secretkey" in way) ? "Needs the secret where it changes something." : "The key is enough.";
  return `<section id="${operationId}"><h2>${text(summary)}</h2>
<p class="address"><strong>${method}</strong> <code>${text(path)}</code></p>
<p>${text(description)}</p><p>${secret} Permission: <code>${text(scope)}</code>${toWrite ? `, and <code>${text(toWrite)}</code> where it changes something` : ""}.</p>
${parameters.length > 0 ? table(`Parameters of ${summary}`, ["Parameter", "What it is"], parameters.map(({ name, in: place, required, schema, description: what }) => [fieldName(name, required), `${text(typeOf(schema))}, in the ${place}. ${text(what ?? "")}`])) : ""}
${body ?? ""}
${answer ? fieldTable("Answer", answer) : ""}
<details><summary>Errors</summary><p>${reasons.join(" ")}</p></details></section>`;
}

function errorSection(errors: Document["x-errors"]): string {
  const rows = Object.entries(errors).sort(([, one], [, other]) => one.code - other.code);
  const items = rows.map(([reason, { code, status, message, fix }]) => `<dt id="${reason}"><code>${code}</code> ${text(reason)} <span>(${status})</span></dt><dd>${text(message)} <em>${text(fix)}</em></dd>`);
  return `<section id="errors"><h2>Errors</h2><dl>${items.join("")}</dl></section>`;
}

function fieldTable(title: string, schema: Schema): string {
  const rows = fieldRows(schema, "");
  return rows.length > 0 ? table(title, ["Field", "What it is"], rows) : "";
}

/** Fields of an object and of those inside it, three deep. */
function fieldRows(schema: Schema, prefix: string): string[][] {
  return variantsOf(schema).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([name, field]) => {
      const path = prefix + name;
      const row = [fieldName(path, required.includes(name)), `${text(typeOf(field))}. ${text(descriptionOf(field))}`];
      if (path.split(".").length >= 3) return [row];
      return [row, ...fieldRows(insideOf(field), `${path}${isList(field) ? "[]" : ""}.`)];
    }),
  );
}

const isList = (schema: Schema) => variantsOf(schema).some(({ items }) => items !== undefined);
const variantsOf = (schema: Schema): Schema[] => (schema.anyOf ?? schema.oneOf)?.flatMap(variantsOf) ?? [schema];
const insideOf = (schema: Schema): Schema => ({ anyOf: variantsOf(schema).map(({ items, ...rest }) => items ?? rest) });
const descriptionOf = (schema: Schema): string => schema.description ?? variantsOf(schema).find(({ description }) => description)?.description ?? "";

function typeOf(schema: Schema): string {
  const names = variantsOf(schema).map((variant) => {
    if (variant.const !== undefined) return JSON.stringify(variant.const);
    if (variant.enum) return variant.enum.map((value) => JSON.stringify(value)).join(" | ");
    if (variant.items) return `list of ${typeOf(variant.items)}`;
    return `${variant.format ?? [variant.type ?? "anything"].flat().join(" | ")}${rangeOf(variant)}`;
  });
  return [...new Set(names)].join(" | ");
}

function rangeOf({ minimum, maximum, maxLength }: Schema): string {
  if (maxLength !== undefined) return ` (at most ${maxLength})`;
  if (minimum === undefined && maximum === undefined) return "";
  return ` (${minimum ?? "…"} to ${maximum ?? "…"})`;
}

function fieldName(name: string, required: boolean): string {
  return `<code>${text(name)}</code>${required ? " <b>needed</b>" : ""}`;
}

function table(caption: string, heads: string[], rows: string[][]): string {
  const head = heads.map((name) => `<th scope="col">${text(name)}</th>`).join("");
  const body = rows.map(([first = "", ...rest]) => `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  return `<div class="table" role="region" aria-label="${text(caption)}" tabindex="0"><table><caption>${text(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1c1c1e;--soft:#55565c;--line:#d8d9de;--ground:#fff;--shade:#f4f5f7;--link:#0b57b5}
@media (prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#b3b4bb;--line:#3b3c43;--ground:#18191c;--shade:#232429;--link:#8ab8ff}}
*{box-sizing:border-box}body{margin:0;font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
a{color:var(--link)}.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--ground);padding:8px}
header,main,nav{padding:16px;max-width:60rem}section{border-top:1px solid var(--line);padding:12px 0 20px}h1{margin:.2em 0}h2{font-size:1.25rem;margin:.8em 0 .3em}nav h2{font-size:1rem}
nav ul{margin:0;padding-left:1.2em}code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}pre{background:var(--shade);padding:12px;overflow:auto;border-radius:6px}
.table{overflow-x:auto;margin:12px 0}table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:600;padding:4px 0}
th,td{text-align:left;vertical-align:top;border-bottom:1px solid var(--line);padding:6px 8px;font-weight:400}thead th{color:var(--soft)}tbody th{min-width:9rem;max-width:16rem}
b{font-size:.8em;color:var(--soft)}dt{margin-top:12px;font-weight:600}dt span{font-weight:400;color:var(--soft)}dd{margin:0}summary{cursor:pointer;padding:8px 0}details a{display:inline-block;margin:0 8px 8px 0}
@media (min-width:70rem){body{display:grid;grid-template-columns:17rem minmax(0,60rem);column-gap:24px}header{grid-column:1/-1}nav{position:sticky;top:0;max-height:100vh;overflow:auto}}
`;
