/** The Admin GraphQL endpoint: Shopify's own schema, run by graphql-js, with Shopify's door around it. */
import { type DocumentNode, type ExecutionResult, execute, getNamedType, GraphQLError, type GraphQLNamedType, type GraphQLFieldResolver, type GraphQLSchema, getOperationAST, isObjectType, Kind, parse, validate } from "graphql";
import { ensureAdminSchema, type ScopeRule } from "../schema";
import type { Bucket } from "./bucket";
import { type BulkRow, bulkRows, readBulkQuery } from "./bulk-query";
import type { AdminContext, RootResolvers } from "./context";
import { actualCost, requestedCost } from "./cost";
import { toShopifyError } from "./validation-errors";
import { oversizedLists, variableErrors } from "./variables";
import { accessDenied, maxCostExceeded, notSupported, THROTTLED } from "./errors";

export interface GraphqlRequest {
  query: string;
  variables: Record<string, unknown>;
  operationName: string | null;
}

export interface GraphqlAnswer {
  data?: unknown;
  errors?: unknown;
  extensions?: unknown;
}

const MAX_COST = 1000;
const DOCUMENTS_KEPT = 500;

type Prepared = { document: DocumentNode } | { errors: readonly GraphQLError[]; unfit: DocumentNode | null };

/** Makes the endpoint over tables of root resolvers; it holds no state but a cache of parsed documents. */
export function makeAdminApi(resolvers: { QueryRoot: RootResolvers; Mutation: RootResolvers }) {
  const { schema, scopes } = ensureAdminSchema();
  const prepared = new Map<string, Prepared>();
  const fieldResolver = makeFieldResolver(scopes, resolvers);

  function prepare(query: string): Prepared {
    const known = prepared.get(query);
    if (known) return known;
    if (prepared.size >= DOCUMENTS_KEPT) prepared.clear();
    const made = read(schema, query);
    prepared.set(query, made);
    return made;
  }

  function run(document: DocumentNode, request: Omit<GraphqlRequest, "query">, context: AdminContext): ExecutionResult {
    const result = execute({
      schema,
      document,
      variableValues: request.variables,
      operationName: request.operationName,
      contextValue: context,
      fieldResolver,
      typeResolver: (value) => (value as { __typename: string }).__typename,
    });
    // Resolvers answer at once, so that one request is one step of the store: nothing comes between its reads and writes.
    if (result instanceof Promise) throw new Error("a resolver of the local store answered later");
    return result;
  }

  /** Answers one request; the answer travels as HTTP 200 whatever it says. */
  function answer(request: GraphqlRequest, context: AdminContext, bucket: Bucket): GraphqlAnswer {
    const ready = prepare(request.query);
    if ("errors" in ready) return { errors: ready.errors.map((error) => toShopifyError(schema, ready.unfit, error)) };
    const operation = getOperationAST(ready.document, request.operationName);
    if (!operation) return { errors: [{ message: request.operationName ? `No operation named "${request.operationName}"` : "An operation name is required" }] };
    const misfits = [...variableErrors(schema, operation, request.variables), ...oversizedLists(operation, request.variables)];
    if (misfits.length) return { errors: misfits.map((error) => error.toJSON()) };
    const sizing = { schema, document: ready.document, operation, variables: request.variables };
    const cost = requestedCost(sizing);
    if (cost > MAX_COST) return { errors: [maxCostExceeded(cost, MAX_COST)] };
    const report = (actual: number | null) => ({ cost: { requestedQueryCost: cost, actualQueryCost: actual, throttleStatus: bucket.status() } });
    if (!bucket.take(cost)) return { errors: [THROTTLED], extensions: report(null) };
    const result = run(ready.document, request, context);
    const actual = Math.min(cost, actualCost(sizing, result.data));
    bucket.giveBack(cost - actual);
    const { data, errors } = result;
    return { ...(data === undefined ? {} : { data }), ...(errors ? { errors: errors.map(toPlain) } : {}), extensions: report(actual) };
  }

  /** Runs an operation without the door: one row of a bulk operation. */
  function runInside(query: string, variables: Record<string, unknown>, context: AdminContext): ExecutionResult {
    const ready = prepare(query);
    if ("errors" in ready) return { errors: ready.errors };
    return run(ready.document, { variables, operationName: null }, context);
  }

  /** Reads a bulk query: its rows as they are asked for, or what speaks against it. */
  function readBulk(query: string, grouped: boolean, context: AdminContext): { rows: Generator<BulkRow> } | { problems: string[] } {
    const ready = readBulkQuery(schema, query);
    return "problems" in ready ? ready : { rows: bulkRows(schema, fieldResolver, ready.document, context, grouped) };
  }

  return { answer, runInside, readBulk };
}

export type AdminApi = ReturnType<typeof makeAdminApi>;

/** Names of the root fields a document asks for; none when it cannot be read. */
export function rootFieldsOf(query: string): string[] {
  try {
    const operations = parse(query).definitions.flatMap((definition) => (definition.kind === Kind.OPERATION_DEFINITION ? [definition] : []));
    return operations.flatMap((operation) => operation.selectionSet.selections.flatMap((field) => (field.kind === Kind.FIELD ? [field.name.value] : [])));
  } catch {
    return [];
  }
}

function read(schema: GraphQLSchema, query: string): Prepared {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    return errors.length ? { errors, unfit: document } : { document };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error], unfit: null };
    throw error;
  }
}

/** Scope check, then the root's resolver, then the value's own property; anything else is not modelled and says so. */
function makeFieldResolver(scopes: ReadonlyMap<string, ScopeRule>, resolvers: { QueryRoot: RootResolvers; Mutation: RootResolvers }): GraphQLFieldResolver<unknown, AdminContext> {
  return (source, args: unknown, context, info) => {
    const parent = info.parentType.name;
    const field = info.fieldName;
    checkScopes(scopes, context, parent, field, getNamedType(info.returnType));
    const resolver = parent === "QueryRoot" || parent === "Mutation" ? resolvers[parent][field] : undefined;
    if (resolver) return resolver(source, args, context, info);
    if (typeof source === "object" && source !== null && Object.hasOwn(source, field)) {
      const value: unknown = (source as Record<string, unknown>)[field];
      return typeof value === "function" ? (value(args, context) as unknown) : value;
    }
    throw notSupported(`${parent}.${field}`);
  };
}

function checkScopes(scopes: ReadonlyMap<string, ScopeRule>, context: AdminContext, parent: string, field: string, type: GraphQLNamedType): void {
  if (!context.scopes) return;
  const rule = scopes.get(`${parent}.${field}`) ?? scopes.get(guardedName(type));
  if (!rule || rule.anyOf.some((scope) => allows(context.scopes ?? new Set(), scope))) return;
  throw accessDenied(field, rule.words);
}

/** A connection is guarded as its nodes are. */
function guardedName(type: GraphQLNamedType): string {
  const nodes = isObjectType(type) && type.name.endsWith("Connection") ? type.getFields()["nodes"] : undefined;
  return nodes ? getNamedType(nodes.type).name : type.name;
}

/** To write implies to read. */
function allows(granted: ReadonlySet<string>, scope: string): boolean {
  return granted.has(scope) || (scope.startsWith("read_") && granted.has(`write_${scope.slice("read_".length)}`));
}

/** An error of a resolver as JSON. A bug of the local store must not look like an answer of Shopify's: it is thrown. */
function toPlain(error: GraphQLError) {
  if (!error.extensions["code"]) throw error.originalError ?? error;
  return error.toJSON();
}
