/** Shopify's Admin API schema of 2026-07 with the access scopes each type and field asks for. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  buildClientSchema,
  getNamedType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLScalarType,
  type GraphQLSchema,
  type IntrospectionQuery,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
} from "graphql";
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
  const schema = buildClientSchema(content.data, { assumeValid: true });
  widenIntInput(schema);
  return { schema, scopes };
}

/** Shopify reads an Int of any size and complains in user errors; graphql-js would refuse it beyond 32 bits. */
const WideInt = new GraphQLScalarType({
  ...GraphQLInt.toConfig(),
  parseValue: (value) => {
    if (typeof value === "number" && Number.isInteger(value)) return value;
    throw new TypeError(`Int cannot represent non-integer value: ${JSON.stringify(value)}`);
  },
  parseLiteral: (node, variables) => (node.kind === Kind.INT ? Number(node.value) : GraphQLInt.parseLiteral(node, variables)),
});

/** Puts the wide Int wherever a value comes in; what goes out keeps the strict one. */
function widenIntInput(schema: GraphQLSchema): void {
  const types = schema.getTypeMap();
  for (const type of Object.values(types)) {
    if (isInputObjectType(type)) Object.values(type.getFields()).forEach(widen);
    if (isObjectType(type) || isInterfaceType(type)) for (const field of Object.values(type.getFields())) field.args.forEach(widen);
  }
  types[WideInt.name] = WideInt;
}

function widen(input: GraphQLInputField | GraphQLArgument): void {
  if (getNamedType(input.type) === GraphQLInt) input.type = widened(input.type);
}

function widened(type: GraphQLInputType): GraphQLInputType {
  if (isNonNullType(type)) return new GraphQLNonNull(widened(type.ofType) as never);
  if (isListType(type)) return new GraphQLList(widened(type.ofType));
  return WideInt;
}
