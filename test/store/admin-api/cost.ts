/**
 * What an operation costs, asked and used. Shopify documents the outline (objects 1, scalars 0, mutations 10, connections by
 * size); the figures between were fitted to recorded answers, which the captures check compares.
 */
import {
  type DocumentNode,
  type FieldNode,
  getNamedType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
} from "graphql";

export interface Sizing {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
}

const MUTATION_COST = 10;
const ROOT_COUNT_COST = 10;
const CONNECTION_COST = 2;
/** Plain values in the clothes of objects. */
const FREE_TYPES = new Set(["MoneyV2", "PageInfo"]);
/** Worked out when read: not reserved for, but counted as used. */
const WORKED_OUT = new Set(["status", "summary", "asyncUsageCount"]);

interface Field {
  name: string;
  node: FieldNode;
  selections: SelectionSetNode[];
}

/** Points reserved before the operation runs. */
export function requestedCost(sizing: Sizing): number {
  return rootCost(sizing, undefined);
}

/** Points used, from what came back; never more than was reserved. */
export function actualCost(sizing: Sizing, data: unknown): number {
  return Math.min(requestedCost(sizing), rootCost(sizing, data ?? null));
}

/** With `data` undefined the cost is an estimate; with data, what is null costs no more than itself. */
function rootCost(sizing: Sizing, data: unknown): number {
  const mutation = sizing.operation.operation === "mutation";
  const root = mutation ? sizing.schema.getMutationType() : sizing.schema.getQueryType();
  if (!root) throw new Error("the schema has no root type");
  let sum = 0;
  for (const [key, field] of collect(sizing, [sizing.operation.selectionSet], root)) {
    const value = data === undefined ? undefined : read(data, key);
    sum += mutation ? mutationCost(sizing, root, field, value) : fieldCost(sizing, root, field, value, true);
  }
  return sum;
}

/** Ten for the change; the objects it answers with are free, what they hold is not. */
function mutationCost(sizing: Sizing, root: GraphQLObjectType, field: Field, data: unknown): number {
  const payload = typeOf(root, field.name);
  if (!isObjectType(payload)) return MUTATION_COST;
  let sum = MUTATION_COST;
  for (const [key, child] of collect(sizing, field.selections, payload)) {
    const type = typeOf(payload, child.name);
    if (type && isCompositeType(type)) sum += insideCost(sizing, type, child, data === undefined ? undefined : read(data, key));
  }
  return sum;
}

function fieldCost(sizing: Sizing, parent: GraphQLNamedType, field: Field, data: unknown, atRoot = false): number {
  const type = typeOf(parent, field.name);
  if (!type || !isCompositeType(type)) return data !== undefined && WORKED_OUT.has(field.name) ? 1 : 0;
  if (type.name.endsWith("Connection")) return connectionCost(sizing, type, field, data);
  if (atRoot && type.name === "Count") return ROOT_COUNT_COST;
  if (FREE_TYPES.has(type.name)) return 0;
  return 1 + (data === null ? 0 : insideCost(sizing, type, field, data));
}

/** What the fields of an object cost; of a list, what those of its members cost together. */
function insideCost(sizing: Sizing, type: GraphQLNamedType, field: Field, data: unknown): number {
  if (data === null) return 0;
  if (Array.isArray(data)) return data.reduce((sum: number, one: unknown) => sum + insideCost(sizing, type, field, one), 0);
  const costs = concreteTypes(sizing, type, field.selections, data).map((concrete) => {
    let sum = 0;
    for (const [key, child] of collect(sizing, field.selections, concrete)) {
      sum += fieldCost(sizing, concrete, child, data === undefined ? undefined : read(data, key));
    }
    return sum;
  });
  return Math.max(0, ...costs);
}

function connectionCost(sizing: Sizing, type: GraphQLNamedType, field: Field, data: unknown): number {
  if (!isObjectType(type)) return 0;
  const asked = pageSize(sizing, field.node);
  const nodeFields = nodesOf(sizing, type, field);
  if (data === undefined) return CONNECTION_COST + weight(asked) * (1 + nodeFields.reduce((sum, one) => sum + insideCost(sizing, one.type, one.field, undefined), 0));
  const rows = nodeFields.flatMap((one) => one.rows(data).map((row) => ({ ...one, row })));
  if (rows.length === 0) return CONNECTION_COST + weight(asked);
  return CONNECTION_COST + weight(rows.length) + rows.reduce((sum, { type: rowType, field: rowField, row }) => sum + insideCost(sizing, rowType, rowField, row), 0);
}

/** A page weighs less than its length: 1, 1, 2 … 3 for five, 4 for ten, 7 for fifty. */
function weight(count: number): number {
  return count < 1 ? 0 : Math.max(1, Math.floor(2 * Math.log(count)));
}

/** The selections that reach nodes, through `nodes` or through `edges { node }`. */
function nodesOf(sizing: Sizing, connection: GraphQLObjectType, field: Field) {
  const found: { type: GraphQLNamedType; field: Field; rows: (data: unknown) => unknown[] }[] = [];
  for (const [key, child] of collect(sizing, field.selections, connection)) {
    const type = typeOf(connection, child.name);
    if (child.name === "nodes" && type) found.push({ type, field: child, rows: (data) => asArray(read(data, key)) });
    if (child.name !== "edges" || !isObjectType(type)) continue;
    for (const [nodeKey, node] of collect(sizing, child.selections, type)) {
      const nodeType = typeOf(type, node.name);
      if (node.name === "node" && nodeType) found.push({ type: nodeType, field: node, rows: (data) => asArray(read(data, key)).map((edge) => read(edge, nodeKey)) });
    }
  }
  return found;
}

function pageSize(sizing: Sizing, node: FieldNode): number {
  for (const argument of node.arguments ?? []) {
    if (argument.name.value !== "first" && argument.name.value !== "last") continue;
    const value = argument.value.kind === Kind.VARIABLE ? sizing.variables[argument.value.name.value] : argument.value.kind === Kind.INT ? argument.value.value : undefined;
    if (value != null) return Number(value);
  }
  return 0;
}

/** The types a value may have that the selection tells apart; the dearest of them is reserved for. */
function concreteTypes(sizing: Sizing, type: GraphQLNamedType, selections: readonly SelectionSetNode[], data: unknown): GraphQLNamedType[] {
  if (!isAbstractType(type)) return [type];
  const named = read(data, "__typename");
  const exact = typeof named === "string" ? sizing.schema.getType(named) : undefined;
  if (exact) return [exact];
  const told = new Set<GraphQLNamedType>();
  const look = (sets: readonly SelectionSetNode[]) => {
    for (const { on, set } of sets.flatMap((one) => fragmentsOf(sizing, one))) {
      if (isObjectType(on)) told.add(on);
      look([set]);
    }
  };
  look(selections);
  const candidates = told.size ? [...told] : sizing.schema.getPossibleTypes(type).slice(0, 1);
  // Without a type name in the answer, the type is known by the fields that came.
  return data === undefined ? candidates : candidates.filter((one) => [...collect(sizing, selections, one).keys()].every((key) => read(data, key) !== undefined)).slice(0, 1);
}

/** The fields selected on a type, fragments opened and doubles merged. */
function collect(sizing: Sizing, selections: readonly SelectionSetNode[], type: GraphQLNamedType, into = new Map<string, Field>()): Map<string, Field> {
  for (const set of selections) {
    for (const node of set.selections) {
      if (node.kind !== Kind.FIELD || node.name.value.startsWith("__")) continue;
      const key = (node.alias ?? node.name).value;
      const known = into.get(key);
      const inner = node.selectionSet ? [node.selectionSet] : [];
      into.set(key, { name: node.name.value, node, selections: [...(known?.selections ?? []), ...inner] });
    }
    for (const { on, set: inner } of fragmentsOf(sizing, set)) if (!on || fits(sizing, on, type)) collect(sizing, [inner], type, into);
  }
  return into;
}

function fragmentsOf(sizing: Sizing, set: SelectionSetNode): { on: GraphQLNamedType | undefined; set: SelectionSetNode }[] {
  return set.selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [];
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : sizing.document.definitions.find((one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === node.name.value);
    if (!fragment || !("selectionSet" in fragment) || !("typeCondition" in fragment)) return [];
    return [{ on: fragment.typeCondition ? typeFromAST(sizing.schema, fragment.typeCondition) : undefined, set: fragment.selectionSet }];
  });
}

function fits(sizing: Sizing, condition: GraphQLNamedType, type: GraphQLNamedType): boolean {
  return condition === type || (isAbstractType(condition) && isObjectType(type) && sizing.schema.isSubType(condition, type));
}

function typeOf(parent: GraphQLNamedType, field: string): GraphQLNamedType | undefined {
  const definition = "getFields" in parent ? parent.getFields()[field] : undefined;
  return definition ? getNamedType(definition.type) : undefined;
}

function read(data: unknown, key: string): unknown {
  return typeof data === "object" && data !== null && Object.hasOwn(data, key) ? (data as Record<string, unknown>)[key] : undefined;
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
