/** Variables checked as Shopify checks them, so that its own words come back and not those of graphql-js. */
import { type GraphQLInputType, type GraphQLSchema, GraphQLError, isEnumType, isInputObjectType, isListType, isNonNullType, Kind, type OperationDefinitionNode, print, typeFromAST, type TypeNode, type VariableDefinitionNode } from "graphql";
import { inputTooLarge, MAX_INPUT_SIZE } from "./errors";

interface Problem {
  path: (string | number)[];
  explanation: string;
  message?: string;
}

const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const PROBLEMS_SHOWN = 20;

/** One error for each variable that does not fit its type. */
export function variableErrors(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Record<string, unknown>): GraphQLError[] {
  return (operation.variableDefinitions ?? []).flatMap((definition) => {
    const name = definition.variable.name.value;
    const type = inputTypeOf(schema, definition.type);
    if (!type || (variables[name] === undefined && definition.defaultValue)) return [];
    const value = variables[name] ?? null;
    const problems = check(type, value, []).slice(0, PROBLEMS_SHOWN);
    return problems.length ? [toError(definition, value, problems)] : [];
  });
}

/** One error for each list that is too long for any argument of Shopify's. */
export function oversizedLists(operation: OperationDefinitionNode, variables: Record<string, unknown>): GraphQLError[] {
  const fields = operation.selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
  return fields.flatMap((field) =>
    (field.arguments ?? []).flatMap((argument) => {
      const { value } = argument;
      const given = value.kind === Kind.VARIABLE ? variables[value.name.value] : value.kind === Kind.LIST ? value.values : null;
      const tooLong = Array.isArray(given) && given.length > MAX_INPUT_SIZE;
      return tooLong ? [inputTooLarge(given.length, [(field.alias ?? field.name).value, argument.name.value], argument)] : [];
    }),
  );
}

function inputTypeOf(schema: GraphQLSchema, node: TypeNode): GraphQLInputType | undefined {
  return typeFromAST(schema, node as never) as GraphQLInputType | undefined;
}

function toError(definition: VariableDefinitionNode, value: unknown, problems: Problem[]): GraphQLError {
  const subject = `Variable $${definition.variable.name.value} of type ${print(definition.type)} was provided invalid value`;
  const details = problems.filter((problem) => problem.path.length > 0).map((problem) => `${problem.path.join(".")} (${problem.explanation})`);
  const message = details.length ? `${subject} for ${details.join(", ")}` : subject;
  return new GraphQLError(message, { nodes: definition.variable, extensions: { code: "INVALID_VARIABLE", value, problems } });
}

function check(type: GraphQLInputType, value: unknown, path: (string | number)[]): Problem[] {
  if (isNonNullType(type)) return value == null ? [{ path, explanation: "Expected value to not be null" }] : check(type.ofType, value, path);
  if (value == null) return [];
  if (isListType(type)) {
    const inner = type.ofType;
    return Array.isArray(value) ? value.flatMap((one, index) => check(inner, one, [...path, index])) : check(inner, value, path);
  }
  if (isInputObjectType(type)) return checkObject(type.getFields(), type.name, value, path);
  if (isEnumType(type)) {
    const names = type.getValues().map((one) => one.name);
    return typeof value === "string" && names.includes(value) ? [] : [{ path, explanation: `Expected "${String(value)}" to be one of: ${names.join(", ")}` }];
  }
  return checkScalar(type.name, value, path);
}

function checkObject(fields: Record<string, { type: GraphQLInputType; defaultValue?: unknown }>, name: string, value: unknown, path: (string | number)[]): Problem[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [{ path, explanation: `Expected ${JSON.stringify(value)} to be a key-value object.` }];
  const given = value as Record<string, unknown>;
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(fields, key));
  const known = Object.entries(fields).filter(([key, field]) => Object.hasOwn(given, key) || (isNonNullType(field.type) && field.defaultValue === undefined));
  return [
    ...unknown.map((key) => ({ path: [...path, key], explanation: `Field is not defined on ${name}` })),
    ...known.flatMap(([key, field]) => check(field.type, given[key], [...path, key])),
  ];
}

function checkScalar(name: string, value: unknown, path: (string | number)[]): Problem[] {
  const cannot = () => [{ path, explanation: `Could not coerce value ${JSON.stringify(value)} to ${name}` }];
  switch (name) {
    case "Int":
      return Number.isInteger(value) ? [] : cannot();
    case "Float":
      return typeof value === "number" ? [] : cannot();
    case "Boolean":
      return typeof value === "boolean" ? [] : cannot();
    case "String":
      return typeof value === "string" ? [] : cannot();
    case "ID":
      return typeof value === "string" || Number.isInteger(value) ? [] : cannot();
    case "Decimal":
    case "Money": {
      const explanation = `invalid decimal '${String(value)}'`;
      return DECIMAL.test(String(value)) ? [] : [{ path, explanation, message: explanation }];
    }
    case "DateTime": {
      const explanation = `invalid DateTime '${String(value)}'`;
      return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? [] : [{ path, explanation, message: explanation }];
    }
    default:
      return [];
  }
}
