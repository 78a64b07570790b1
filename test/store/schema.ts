/** Shopify's Admin API schema of 2026-07 with the access scopes each type and field asks for. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { buildClientSchema, type GraphQLSchema, type IntrospectionQuery } from "graphql";
import { fetchSchema } from "../../scripts/fetch-schema.mjs";

/** What a type or field asks for: one of `anyOf`; `words` is Shopify's own sentence. */
export interface ScopeRule {
  anyOf: readonly string[];
  words: string;
}

export interface AdminSchema {
  schema: GraphQLSchema;
  /** By "Type" and by "Type.field". */
  scopes: ReadonlyMap<string, ScopeRule>;
}

interface SchemaFile {
  data: IntrospectionQuery;
  offline_scopes?: { items: { typeName: string; fieldName?: string; requiredAccess: string; offlineScopes: string[] }[] };
}

let loaded: AdminSchema | undefined;

/** Loads the schema once per process, fetching it from npm when the cache has none. Throws with the way out if that fails. */
export function ensureAdminSchema(): AdminSchema {
  loaded ??= readAdminSchema(fetchSchema());
  return loaded;
}

function readAdminSchema(file: string): AdminSchema {
  const content = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as SchemaFile;
  const scopes = new Map<string, ScopeRule>();
  for (const item of content.offline_scopes?.items ?? []) {
    if (item.offlineScopes.length === 0) continue;
    const key = item.fieldName ? `${item.typeName}.${item.fieldName}` : item.typeName;
    scopes.set(key, { anyOf: item.offlineScopes, words: item.requiredAccess });
  }
  return { schema: buildClientSchema(content.data, { assumeValid: true }), scopes };
}
