/** What an operation costs, asked and used. */
import { type DocumentNode, getNamedType, type GraphQLNamedType, type GraphQLSchema, isCompositeType, isInterfaceType, isObjectType, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

export interface Sizing {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
}

const MUTATION_COST = 10;

/** Points reserved before the operation runs. */
export function requestedCost(sizing: Sizing): number {
  const mutation = sizing.operation.operation === "mutation";
  const root = mutation ? sizing.schema.getMutationType() : sizing.schema.getQueryType();
  if (!root) throw new Error("the schema has no root type");
  let sum = 0;
  for (const selection of sizing.operation.selectionSet.selections) {
    if (selection.kind !== Kind.FIELD) continue;
    sum += mutation ? MUTATION_COST : 1;
  }
  return sum;
}

/** Points used, from what came back. */
export function actualCost(sizing: Sizing, _data: unknown): number {
  return requestedCost(sizing);
}
