/** The OpenAPI 3.1 document, made of the very schemas that check requests. https://spec.openapis.org/oas/v3.1.1.html */
import { z } from "zod";
import { EVENT_KINDS, webhookBody } from "../events";
import { API_ERRORS, ApiError, BODY_ERRORS, COMMON_ERRORS, type ApiErrorReason } from "./errors";
import type { Operation } from "./operation";
import { API_BASE, OPERATIONS } from "./operations";
import { API_SCOPES } from "./scopes";

type Json = Record<string, unknown>;

const VERSION = "4.0";

/** The document for an API at this origin. */
export function apiDocument(origin: string): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Scrip integration API",
      version: VERSION,
      description: "Coupons, points, awards and imports of one shop, for tills, apps and back offices. Amounts are numbers of major units (12.5 is 12.50) in the shop's currency unless a currency is named; instants are ISO 8601 in UTC; points are whole numbers.",
    },
    servers: [{ url: origin }],
    tags: [...new Set(Object.values(OPERATIONS).map(({ tag }) => tag))].map((name) => ({ name })),
    paths: paths(),
    webhooks: webhooks(),
    components: {
      securitySchemes: {
        apikey: { type: "apiKey", in: "header", name: "apikey", description: "Names the key pair. Enough for calls that only look." },
        secretkey: { type: "apiKey", in: "header", name: "secretkey", description: "Proves the key pair. Calls that change something need it." },
      },
      schemas: { Error: schemaOf(ApiError, "output") },
      headers: COMPONENT_HEADERS,
    },
    "x-scopes": API_SCOPES,
    "x-errors": API_ERRORS,
  };
}

const HEADERS = {
  "X-Request-Id": { description: "Names this answer.", schema: { type: "string" } },
  "X-RateLimit-Limit": { description: "Requests that this key pair may make in one window.", schema: { type: "integer" } },
  "X-RateLimit-Remaining": { description: "Requests left in this window.", schema: { type: "integer" } },
  "X-RateLimit-Reset": { description: "When the next window begins, in seconds since 1970.", schema: { type: "integer" } },
};
const COMPONENT_HEADERS = {
  ...HEADERS,
  "Retry-After": { description: "Seconds to wait before the request is sent again.", schema: { type: "integer" } },
  "Idempotency-Replayed": { description: "true: this is the answer that the first request with this Idempotency-Key got.", schema: { const: "true" } },
};
const named = (names: string[]) => Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
const answerHeaders = ({ writes }: Operation) => named([...Object.keys(HEADERS), ...(writes === false ? [] : ["Idempotency-Replayed"])]);
/** Statuses that say when to come back. */
const COME_BACK = [409, 429, 503];

function paths(): Json {
  const byPath: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const path = `${API_BASE}${operation.path}`;
    byPath[path] = { ...byPath[path], [operation.method.toLowerCase()]: describe(name, operation) };
  }
  return byPath;
}

/** What the shop's endpoints are posted, by kind. */
function webhooks(): Json {
  const parameters = ["Scrip-Signature", "Scrip-Event", "Scrip-Delivery", "Scrip-Attempt", "Scrip-Kind"].map((name) => ({ name, in: "header", required: true, schema: { type: "string" } }));
  const described = EVENT_KINDS.map((kind) => {
    const requestBody = { required: true, content: { "application/json": { schema: schemaOf(webhookBody(kind), "output") } } };
    return [kind, { post: { operationId: kind, tags: ["Webhooks"], parameters, requestBody, responses: { "2XX": { description: "Taken. Anything else is tried again for 48 hours." } } } }] as const;
  });
  return Object.fromEntries(described);
}

function describe(operationId: string, operation: Operation): Json {
  const writes = operation.writes !== false;
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description,
    "x-scope": operation.scope,
    ...(typeof operation.writes === "object" && { "x-scope-to-write": operation.writes.scope }),
    security: security(operation),
    parameters: [...parameters(operation.params, "path"), ...parameters(operation.query, "query"), ...(writes ? [IDEMPOTENCY_KEY] : [])],
    ...(operation.body && { requestBody: { required: true, content: { "application/json": { schema: schemaOf(operation.body, "input") } } } }),
    ...(operation.file && { requestBody: { required: true, content: { "text/csv": { schema: { type: "string" } } } } }),
    responses: { 200: { description: "Done.", headers: answerHeaders(operation), content: { [operation.csv ? "text/csv" : "application/json"]: { schema: schemaOf(operation.answer, "output") } } }, ...refusals(operation) },
  };
}

function security({ writes }: Operation): Json[] {
  if (writes === true) return [{ apikey: [], secretkey: [] }];
  return writes === false ? [{ apikey: [] }] : [{ apikey: [] }, { apikey: [], secretkey: [] }];
}

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "Any text of yours, a UUID for instance. The same key with the same request is done once and answered with the first answer for 24 hours (Idempotency-Replayed: true); with another request it is refused. After that the key may stand for another request; the very same one still makes nothing a second time, and is answered with what it made (an uploaded file is a new one then). Use a new key for each thing that you want done.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

function parameters(schema: z.ZodObject, place: "path" | "query"): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, "input") as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return { name, in: place, required: place === "path" || required.includes(name), ...(description !== undefined && { description }), schema: rest };
  });
}

/** The errors of a call by their status. */
function refusals(operation: Operation): Json {
  const reasons: ApiErrorReason[] = [...new Set<ApiErrorReason>([...COMMON_ERRORS, ...(operation.body || operation.writes !== false ? BODY_ERRORS : []), ...operation.errors])];
  const byStatus = new Map<number, ApiErrorReason[]>();
  for (const reason of reasons) byStatus.set(API_ERRORS[reason].status, [...(byStatus.get(API_ERRORS[reason].status) ?? []), reason]);
  return Object.fromEntries([...byStatus].map(([status, group]) => [
    status,
    {
      description: group.map((reason) => `${API_ERRORS[reason].code} ${reason}`).join(", "),
      headers: { ...answerHeaders(operation), ...(COME_BACK.includes(status) && named(["Retry-After"])) },
      content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      "x-reasons": group,
    },
  ]));
}

/** A JSON schema of what is sent (input) or answered (output). */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12", override: ({ jsonSchema }) => plain(jsonSchema) });
  return rest;
}

/** Leaves out what says nothing to a reader: the pattern of a format that has a name, the bounds of every exact number. */
function plain(schema: Json): void {
  if (schema.format === "date-time") delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
