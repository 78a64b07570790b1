/**
 * Reads recorded exchanges. Files of recordings are of many shapes; what they share is that a `query` stands beside its
 * `response`, or that named answers stand apart from a catalogue of named requests.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type FieldNode, GraphQLError, Kind, type OperationDefinitionNode, parse } from "graphql";
import { z } from "zod";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Exchange {
  /** Where it stands in its file: "cases.bounds". */
  path: string;
  query: string;
  variables: JsonObject;
  /** The GraphQL answer: data, errors, extensions. */
  answer: JsonObject;
}

export interface Scenario {
  name: string;
  recording: JsonObject;
  /** In the order they happened: setting up, then the file's own order. */
  exchanges: Exchange[];
  /** Reads recorded without their place in time. */
  reads: Exchange[];
  /** Answers whose request was not recorded. */
  orphans: string[];
}

interface Request {
  name: string;
  query: string;
  variables: JsonObject;
}

interface Answer {
  path: string;
  name: string;
  answer: JsonObject;
}

const JsonFile = z.record(z.string(), z.json());

/** Every scenario of a folder, by file name. Throws when the folder holds none. */
export function readScenarios(folder: string): Scenario[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  if (files.length === 0) throw new Error(`${folder} holds no recordings (*.json)`);
  return files.map((file) => readScenario(join(folder, file)));
}

export function readScenario(file: string): Scenario {
  const recording = readJson(file);
  const pairs: Exchange[] = [];
  const catalogue: Request[] = [];
  const answers: Answer[] = [];
  sort(recording, [], { pairs, catalogue, answers });
  const orphans: string[] = [];
  for (const answer of answers) {
    const request = requestOf(answer, catalogue);
    if (request) pairs.push({ path: answer.path, query: request.query, variables: variablesOf(request, answer.answer, recording), answer: answer.answer });
    else orphans.push(answer.path);
  }
  const told = pairs.map((exchange) => ({ ...exchange, variables: variablesOf({ name: "", ...exchange }, exchange.answer, recording) }));
  const placed = told.map((exchange) => ({ ...exchange, variables: withGuesses(exchange, told) }));
  const aside = placed.filter((exchange) => exchange.path.startsWith("upstreamCalls"));
  const main = placed.filter((exchange) => !exchange.path.startsWith("upstreamCalls"));
  const order = documentOrder(recording);
  main.sort((a, b) => rank(a.path) - rank(b.path) || order(a.path) - order(b.path));
  return { name: basename(file, ".json"), recording, exchanges: main, reads: aside.filter((one) => isQuery(one.query)), orphans };
}

function readJson(file: string): JsonObject {
  try {
    return JsonFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Error(`${file} is not a recording: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Sorts a recording into pairs, requests waiting for their answers, and answers waiting for their requests. */
function sort(node: Json, path: string[], into: { pairs: Exchange[]; catalogue: Request[]; answers: Answer[] }): void {
  if (Array.isArray(node)) {
    node.forEach((one, index) => sort(one, [...path, String(index)], into));
    return;
  }
  if (!isObject(node)) return;
  const request = isObject(node["request"]) ? node["request"] : node;
  const paired = answerOf(node["response"]);
  const name = path.filter((step) => !/^\d+$/.test(step) && step !== "value").at(-1) ?? "";
  if (typeof request["query"] === "string" && paired) {
    into.pairs.push({ path: path.join("."), query: request["query"], variables: asObject(request["variables"]), answer: paired });
    return;
  }
  if (typeof node["query"] === "string" && node["id"] === undefined) {
    into.catalogue.push({ name, query: node["query"], variables: asObject(node["variables"]) });
    return;
  }
  const bare = node["status"] !== undefined || isObject(node["payload"]) ? answerOf(node) : null;
  if (bare) {
    into.answers.push({ path: path.join("."), name, answer: bare });
    return;
  }
  for (const [key, value] of Object.entries(node)) sort(value, [...path, key], into);
}

/** The GraphQL answer inside `{status, payload}`, `{status, body}` or itself. */
function answerOf(node: Json | undefined): JsonObject | null {
  if (!isObject(node)) return null;
  for (const candidate of [node["body"], node["payload"], node]) {
    if (isObject(candidate) && (candidate["data"] !== undefined || Array.isArray(candidate["errors"]))) return candidate;
  }
  return null;
}

/** The request an answer belongs to: it asks for exactly the fields that came; of several, the one named most alike. */
function requestOf(answer: Answer, catalogue: readonly Request[]): Request | null {
  const came = Object.keys(asObject(answer.answer["data"])).sort().join();
  const fitting = catalogue.filter((request) => (came === "" ? request.name === answer.name : rootKeys(request.query).sort().join() === came));
  const likeness = (request: Request) => commonStart(request.name.toLowerCase(), answer.name.toLowerCase());
  return fitting.sort((a, b) => likeness(b) - likeness(a))[0] ?? null;
}

/** A request's variables; those that were not recorded with it come from the file's own list, or from the answer itself. */
function variablesOf(request: Request, answer: JsonObject, recording: JsonObject): JsonObject {
  const operation = operationOf(request.query);
  const shared = asObject(recording["variables"]);
  const found: JsonObject = {};
  for (const definition of operation?.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const value = deletedId(operation, answer, name) ?? request.variables[name] ?? shared[name] ?? shownId(operation, answer, name) ?? byMeaning(name, shared);
    if (value !== undefined) found[name] = value;
  }
  return { ...request.variables, ...found };
}

/**
 * What still misses a value: it is taken from the same request made at another time; an id that is nowhere to be learnt was of
 * something that is not there, or the answer would show it.
 */
function withGuesses(exchange: Exchange, all: readonly Exchange[]): JsonObject {
  if (exchange.answer["data"] === undefined) return exchange.variables;
  const filled = { ...exchange.variables };
  for (const definition of operationOf(exchange.query)?.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    if (filled[name] !== undefined || definition.type.kind !== Kind.NON_NULL_TYPE) continue;
    const elsewhere = all.find((other) => other.query === exchange.query && other.variables[name] !== undefined);
    filled[name] = elsewhere?.variables[name] ?? (definition.type.type.kind === Kind.LIST_TYPE ? [] : "gid://shopify/Nothing/0");
  }
  return filled;
}

/** "deletedCodeDiscountId" says which id was given, whatever the catalogue's example was. */
function deletedId(operation: OperationDefinitionNode | null, answer: JsonObject, variable: string): Json | undefined {
  for (const { key, argument } of fieldsGiven(operation, variable)) {
    if (argument !== "id") continue;
    const payload = asObject(asObject(answer["data"])[key]);
    const deleted = Object.entries(payload).find(([name, value]) => /^deleted\w*Id$/.test(name) && typeof value === "string");
    if (deleted) return deleted[1];
  }
  return undefined;
}

/** A read shows the id it was asked for; so does a changed node. */
function shownId(operation: OperationDefinitionNode | null, answer: JsonObject, variable: string): Json | undefined {
  for (const { key, argument } of fieldsGiven(operation, variable)) {
    const value = asObject(asObject(answer["data"])[key]);
    if (argument !== "id") continue;
    const shown = value["id"] ?? Object.values(value).map((inner) => asObject(inner)["id"]).find((id) => id !== undefined);
    if (shown !== undefined) return shown;
  }
  return undefined;
}

/** `$code` from `updatedCode`, `$removedCode` from `seedCode`: the last resort, by the word the names end in. */
function byMeaning(variable: string, shared: JsonObject): Json | undefined {
  const meanings: Record<string, string[]> = { code: ["updatedCode", "code"], exactaddedcode: ["addedCode"], removedcode: ["seedCode"], codeid: ["id"] };
  const name = meanings[variable.toLowerCase()]?.find((one) => shared[one] !== undefined);
  return name === undefined ? undefined : shared[name];
}

function fieldsGiven(operation: OperationDefinitionNode | null, variable: string): { key: string; argument: string }[] {
  return rootFields(operation).flatMap((field) =>
    (field.arguments ?? []).flatMap((argument) =>
      argument.value.kind === Kind.VARIABLE && argument.value.name.value === variable ? [{ key: (field.alias ?? field.name).value, argument: argument.name.value }] : [],
    ),
  );
}

function rootKeys(query: string): string[] {
  return rootFields(operationOf(query)).map((field) => (field.alias ?? field.name).value);
}

function rootFields(operation: OperationDefinitionNode | null): FieldNode[] {
  return (operation?.selectionSet.selections ?? []).filter((selection) => selection.kind === Kind.FIELD);
}

/** The operation of a document; null when there is none, or it cannot be read. */
function operationOf(query: string): OperationDefinitionNode | null {
  try {
    const [operation] = parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    return operation ?? null;
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

export function isQuery(query: string): boolean {
  return operationOf(query)?.operation === "query";
}

function rank(path: string): number {
  return /(^|\.)setup/i.test(path) ? 0 : 1;
}

function documentOrder(recording: JsonObject): (path: string) => number {
  const keys = Object.keys(recording);
  return (path) => keys.indexOf(path.split(".")[0] ?? "");
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
