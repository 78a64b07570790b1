/** Errors found in a document, told in Shopify's words where they are known. */
import { type ASTNode, type DocumentNode, getNamedType, type GraphQLError, type GraphQLSchema, Kind, print, TypeInfo, visit, visitWithTypeInfo } from "graphql";

/** Where a node stands in its document. */
interface Place {
  /** "mutation Name", then response names, argument names and input fields. */
  path: string[];
  /** The nodes above it, the document first. */
  above: ASTNode[];
  inputType: string | undefined;
}

/** The error as Shopify puts it into `errors`. */
export function toShopifyError(schema: GraphQLSchema, document: DocumentNode | null, error: GraphQLError): Record<string, unknown> {
  const node = error.nodes?.[0];
  const place = document && node ? placeOf(schema, document, node) : undefined;
  const code = error.message.startsWith("Syntax Error") ? "syntaxError" : "graphqlValidation";
  const plain = { message: error.message, locations: error.locations, path: place?.path ?? ["query"], extensions: { code } };
  if (!node || !place) return plain;
  return { ...plain, ...undefinedField(error), ...(error.message.includes("cannot represent") ? literal(error, node, place) : {}) };
}

function undefinedField(error: GraphQLError): Record<string, unknown> {
  const [, fieldName, typeName] = /^Cannot query field "([^"]+)" on type "([^"]+)"/.exec(error.message) ?? [];
  if (fieldName === undefined) return {};
  return { message: `Field '${fieldName}' doesn't exist on type '${typeName}'`, extensions: { code: "undefinedField", typeName, fieldName } };
}

/** A literal of the wrong type, as an argument or inside an input object: located where what it belongs to begins. */
function literal(error: GraphQLError, node: ASTNode, { above, inputType }: Place): Record<string, unknown> {
  const expected = /^(\w+) cannot represent/.exec(error.message)?.[1] ?? "";
  const holder = above.at(-1);
  const owner = above.at(-2);
  if (holder?.kind !== Kind.OBJECT_FIELD && holder?.kind !== Kind.ARGUMENT) return {};
  const argumentName = holder.name.value;
  const inObject = holder.kind === Kind.OBJECT_FIELD;
  const on = inObject ? `InputObject '${inputType}'` : `Field '${owner?.kind === Kind.FIELD ? owner.name.value : ""}'`;
  const start = owner?.loc?.startToken;
  return {
    message: `Argument '${argumentName}' on ${on} has an invalid value (${print(node)}). Expected type '${expected}'.`,
    ...(start ? { locations: [{ line: start.line, column: start.column }] } : {}),
    extensions: { code: "argumentLiteralsIncompatible", typeName: inObject ? "InputObject" : "Field", argumentName },
  };
}

function placeOf(schema: GraphQLSchema, document: DocumentNode, wanted: ASTNode): Place | undefined {
  const types = new TypeInfo(schema);
  const above: ASTNode[] = [];
  let place: Place | undefined;
  visit(
    document,
    visitWithTypeInfo(types, {
      enter(node) {
        const inputType = types.getParentInputType();
        if (node === wanted) place = { path: [...above, node].flatMap(stepOf), above: [...above], inputType: inputType ? getNamedType(inputType).name : undefined };
        above.push(node);
      },
      leave() {
        above.pop();
      },
    }),
  );
  return place;
}

function stepOf(node: ASTNode): string[] {
  switch (node.kind) {
    case Kind.OPERATION_DEFINITION:
      return [node.name ? `${node.operation} ${node.name.value}` : node.operation];
    case Kind.FIELD:
      return [(node.alias ?? node.name).value];
    case Kind.ARGUMENT:
    case Kind.OBJECT_FIELD:
      return [node.name.value];
    default:
      return [];
  }
}
