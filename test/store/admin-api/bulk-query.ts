/** Bulk queries: what Shopify allows in one, and the rows it makes of one — every node of every connection a line of its own. */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getArgumentValues,
  getNamedType,
  getNullableType,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from "graphql";
import type { AdminContext } from "./context";

const MAX_CONNECTIONS = 5;
const MAX_DEPTH = 2;
/** Large, because each page looks its cursor up again; small enough to be built in memory. */
const PAGE = 20_000;

export interface BulkRow {
  root: boolean;
  value: Record<string, unknown>;
}

/** The query, fit to be run, or what Shopify says against it, in its words. */
export function readBulkQuery(schema: GraphQLSchema, query: string): { document: DocumentNode } | { problems: string[] } {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const words = query.trim() === "" ? "syntax error, unexpected end of file" : error.message;
    return { problems: [`Invalid bulk query: ${words}`] };
  }
  const [operation] = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation?.operation !== "query") return { problems: ["Invalid operation type. Only `query` operations are supported."] };
  const misfits = validate(schema, document);
  if (misfits.length) return { problems: misfits.map((error) => `Invalid bulk query: ${error.message}`) };
  const problems = problemsOf(schema, document, operation.selectionSet);
  return problems.length ? { problems } : { document };
}

interface Findings {
  topLevelNode: boolean;
  connections: number;
  depth: number;
  byNodes: string[];
  withoutId: string[];
  inList: boolean;
}

function problemsOf(schema: GraphQLSchema, document: DocumentNode, selections: SelectionSetNode): string[] {
  const found: Findings = { topLevelNode: false, connections: 0, depth: 0, byNodes: [], withoutId: [], inList: false };
  const root = schema.getQueryType();
  if (!root) throw new Error("the schema has no query type");
  inspect(schema, fragmentsOf(document), found, root.name, selections, { depth: 0, inList: false, parent: null });
  const [example] = found.byNodes;
  const problems: string[] = [];
  if (example !== undefined) {
    const invalid = found.byNodes.join("', '");
    problems.push(
      `All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: '${example} { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields: '${invalid}'.`,
    );
  }
  if (found.topLevelNode) problems.push("Bulk queries cannot contain a top level `node` field.");
  if (found.depth > MAX_DEPTH + 1) problems.push(`Bulk queries cannot contain connections with a nesting depth greater than ${MAX_DEPTH}.`);
  if (found.connections > MAX_CONNECTIONS) problems.push(`Bulk queries cannot contain more than ${MAX_CONNECTIONS} connections.`);
  if (found.withoutId.length) {
    problems.push(
      `The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type. Connection fields without 'id': ${found.withoutId.join(", ")}.`,
    );
  }
  if (found.inList) problems.push("Queries that contain a connection field within a list field are not currently supported.");
  if (found.connections === 0) problems.push("Bulk queries must contain at least one connection.");
  return problems;
}

/** Where the walk stands: under so many connections, under a list, under this connection's node. */
interface Place {
  depth: number;
  inList: boolean;
  parent: { name: string; hasId: boolean } | null;
}

function inspect(schema: GraphQLSchema, fragments: Fragments, found: Findings, typeName: string, selections: SelectionSetNode, place: Place): void {
  const type = schema.getType(typeName);
  for (const selection of selections.selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      inspect(schema, fragments, found, selection.typeCondition?.name.value ?? typeName, selection.selectionSet, place);
    } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments[selection.name.value];
      if (fragment) inspect(schema, fragments, found, fragment.typeCondition.name.value, fragment.selectionSet, place);
    } else {
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
      if (field) inspectField(schema, fragments, found, selection, field.type, place);
    }
  }
}

function inspectField(schema: GraphQLSchema, fragments: Fragments, found: Findings, node: FieldNode, type: GraphQLOutputType, place: Place): void {
  const name = node.name.value;
  const named = getNamedType(type);
  if (place.depth === 0 && (name === "node" || name === "nodes")) found.topLevelNode = true;
  if (!node.selectionSet || !isCompositeType(named)) return;
  if (!isConnection(type)) {
    const inList = place.inList || isListType(getNullableType(type));
    return inspect(schema, fragments, found, named.name, node.selectionSet, { ...place, inList });
  }
  found.connections += 1;
  found.depth = Math.max(found.depth, place.depth + 1);
  if (place.inList) found.inList = true;
  if (place.parent && !place.parent.hasId && !found.withoutId.includes(place.parent.name)) found.withoutId.push(place.parent.name);
  if (hasField(node.selectionSet, "nodes")) found.byNodes.push(name);
  for (const { type: nodeType, selections } of nodeSelections(schema, named.name, node.selectionSet)) {
    const parent = { name, hasId: hasField(selections, "id") };
    inspect(schema, fragments, found, nodeType, selections, { depth: place.depth + 1, inList: false, parent });
  }
}

/** What a connection's nodes are asked for, by edges or by nodes. */
function nodeSelections(schema: GraphQLSchema, connection: string, selections: SelectionSetNode): { type: string; selections: SelectionSetNode }[] {
  const type = schema.getType(connection);
  const nodes = isObjectType(type) ? type.getFields()["nodes"] : undefined;
  if (!nodes) return [];
  const nodeType = getNamedType(nodes.type).name;
  return selections.selections.flatMap((field) => {
    if (field.kind !== Kind.FIELD || !field.selectionSet) return [];
    if (field.name.value === "nodes") return [{ type: nodeType, selections: field.selectionSet }];
    if (field.name.value !== "edges") return [];
    return field.selectionSet.selections.flatMap((edge) => (edge.kind === Kind.FIELD && edge.name.value === "node" && edge.selectionSet ? [{ type: nodeType, selections: edge.selectionSet }] : []));
  });
}

function hasField(selections: SelectionSetNode, name: string): boolean {
  return selections.selections.some((field) => field.kind === Kind.FIELD && field.name.value === name && field.alias === undefined);
}

type Fragments = Record<string, FragmentDefinitionNode>;

function fragmentsOf(document: DocumentNode): Fragments {
  return Object.fromEntries(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [])));
}

function isConnection(type: GraphQLOutputType): boolean {
  const named = getNullableType(type);
  return isObjectType(named) && named.name.endsWith("Connection") && named.getFields()["edges"] !== undefined;
}

/** A connection met on the way: read after the row it hangs on. */
interface Branch {
  source: unknown;
  parentType: GraphQLObjectType;
  field: GraphQLField<unknown, unknown>;
  nodes: readonly FieldNode[];
  parentId: string | null;
}

/**
 * Every row of the query, one at a time: pages are read as they are needed, so that what changes meanwhile may or may not be seen.
 * A node of a nested connection names the node it hangs on. Throws what a resolver throws.
 */
export function bulkRows(schema: GraphQLSchema, resolve: GraphQLFieldResolver<unknown, AdminContext>, document: DocumentNode, context: AdminContext, grouped: boolean): Generator<BulkRow> {
  return new BulkWalk(schema, resolve, document, context, grouped).rows();
}

class BulkWalk {
  readonly #fragments: Fragments;

  constructor(
    readonly schema: GraphQLSchema,
    readonly resolve: GraphQLFieldResolver<unknown, AdminContext>,
    readonly document: DocumentNode,
    readonly context: AdminContext,
    readonly grouped: boolean,
  ) {
    this.#fragments = fragmentsOf(document);
  }

  *rows(): Generator<BulkRow> {
    const [operation] = this.document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    const root = this.schema.getQueryType();
    if (!operation || !root) throw new Error("a bulk query without a query");
    const branches: Branch[] = [];
    this.#object(root, undefined, this.#fields(root, [operation.selectionSet]), null, branches);
    for (const branch of branches) yield* this.#branch(branch);
  }

  *#branch(branch: Branch): Generator<BulkRow> {
    let after: string | null = null;
    for (;;) {
      const page = this.#page(branch, after);
      const later: Branch[] = [];
      for (const node of page.nodes) {
        const branches: Branch[] = [];
        const value = this.#node(branch, node, branches);
        yield { root: branch.parentId === null, value };
        if (this.grouped) for (const one of branches) yield* this.#branch(one);
        else later.push(...branches);
      }
      for (const one of later) yield* this.#branch(one);
      if (page.next === null) return;
      after = page.next;
    }
  }

  /** One page of the connection, whatever sizes the query asks for: Shopify reads bulk queries to the end. */
  #page({ source, parentType, field, nodes }: Branch, after: string | null): { nodes: unknown[]; next: string | null } {
    const [first] = nodes;
    if (!first) throw new Error("a field without a node");
    const { last: _last, before: _before, ...args } = getArgumentValues(field, first, {});
    const connection = this.resolve(source, { ...args, first: PAGE, after }, this.context, this.#info(parentType, field)) as {
      nodes: unknown[] | (() => unknown[]);
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
    const found = typeof connection.nodes === "function" ? connection.nodes() : connection.nodes;
    return { nodes: found, next: connection.pageInfo.hasNextPage ? connection.pageInfo.endCursor : null };
  }

  #node({ field, nodes, parentId }: Branch, source: unknown, branches: Branch[]): Record<string, unknown> {
    const connection = getNamedType(field.type);
    const wanted = nodes.flatMap((node) => (node.selectionSet ? nodeSelections(this.schema, connection.name, node.selectionSet) : []));
    const type = this.#objectType(wanted[0]?.type ?? "", source);
    const id = String((source as { id?: unknown }).id ?? "");
    const value = this.#object(type, source, this.#fields(type, wanted.map((one) => one.selections)), id, branches);
    return parentId === null ? value : { ...value, __parentId: parentId };
  }

  #object(type: GraphQLObjectType, source: unknown, fields: ReadonlyMap<string, readonly FieldNode[]>, parentId: string | null, branches: Branch[]): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    for (const [key, nodes] of fields) {
      const [first] = nodes;
      const name = first?.name.value ?? "";
      if (name === "__typename") value[key] = type.name;
      const field = type.getFields()[name];
      if (!first || !field) continue;
      if (isConnection(field.type)) branches.push({ source, parentType: type, field, nodes, parentId });
      else {
        const found = this.resolve(source, getArgumentValues(field, first, {}), this.context, this.#info(type, field));
        value[key] = this.#complete(field.type, found, nodes, parentId, branches);
      }
    }
    return value;
  }

  /** The fields asked of an object of this type, those of fitting fragments among them, by the key they are answered under. */
  #fields(type: GraphQLObjectType, selections: readonly SelectionSetNode[], fields = new Map<string, FieldNode[]>()): Map<string, FieldNode[]> {
    for (const selection of selections.flatMap((set) => set.selections)) {
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        fields.set(key, [...(fields.get(key) ?? []), selection]);
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments[selection.name.value] : selection;
      const wanted = fragment?.typeCondition ? this.schema.getType(fragment.typeCondition.name.value) : type;
      if (fragment && (wanted === type || (isAbstractType(wanted) && this.schema.isSubType(wanted, type)))) this.#fields(type, [fragment.selectionSet], fields);
    }
    return fields;
  }

  #complete(type: GraphQLOutputType, found: unknown, nodes: readonly FieldNode[], parentId: string | null, branches: Branch[]): unknown {
    if (found === null || found === undefined) return null;
    const inner = getNullableType(type);
    if (isListType(inner)) return (found as unknown[]).map((one) => this.#complete(inner.ofType as GraphQLOutputType, one, nodes, parentId, branches));
    if (isLeafType(inner)) return inner.serialize(found);
    const objectType = this.#objectType(getNamedType(inner).name, found);
    return this.#object(objectType, found, this.#fields(objectType, nodes.flatMap((node) => node.selectionSet ?? [])), parentId, branches);
  }

  /** The type itself, or of an interface or union the one the value names. */
  #objectType(name: string, source: unknown): GraphQLObjectType {
    const declared = this.schema.getType(name);
    const type = isObjectType(declared) ? declared : this.schema.getType((source as { __typename: string }).__typename);
    if (!isObjectType(type)) throw new Error(`${name} is no object type`);
    return type;
  }

  /** What the store's resolver looks at. */
  #info(parentType: GraphQLObjectType, field: GraphQLField<unknown, unknown>): GraphQLResolveInfo {
    return { parentType, fieldName: field.name, returnType: field.type } as GraphQLResolveInfo;
  }
}
