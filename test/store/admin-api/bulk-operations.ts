/** Staged uploads and bulk operations: a mutation over every line of an uploaded file, a query read to its end into a file. */
import { randomUUID } from "node:crypto";
import { GraphQLError, Kind, Lexer, parse, Source, TokenKind } from "graphql";
import { gidTail } from "../../../app/lib/gid";
import type { BulkOperation, ShopState } from "../state";
import { isoSeconds, nextGid } from "../state";
import type { BulkRow } from "./bulk-query";
import type { AdminContext, Presented, RootResolvers } from "./context";
import { type ListArgs, type Listing, listPage } from "./list";
import { presentUserErrors, userError, type UserError } from "./user-error";

const CONCURRENT = 5;
const MAX_LINES = 100_000;
/** A look moves a query on by so many rows, so that the store answers others in between. */
const ROWS_A_LOOK = 50_000;

interface StagedInput {
  filename: string;
  mimeType: string;
  resource: string;
}

export const bulkOperationMutations: RootResolvers = {
  stagedUploadsCreate: (_source: unknown, { input }: { input: StagedInput[] }, context: AdminContext) => ({
    stagedTargets: input.map((one) => stagedTarget(one, context)),
    userErrors: [],
  }),

  bulkOperationRunMutation: (_source: unknown, args: { mutation: string; stagedUploadPath: string }, context: AdminContext) => {
    const refusal = refusalOf(args, context);
    if (refusal) return { bulkOperation: null, userErrors: presentUserErrors("BulkMutationUserError", [refusal]) };
    const operation = begin(context, { type: "MUTATION", text: args.mutation, path: args.stagedUploadPath, grouped: false });
    return { bulkOperation: present(operation, context), userErrors: [] };
  },

  bulkOperationRunQuery: (_source: unknown, { query, groupObjects }: { query: string; groupObjects: boolean }, context: AdminContext) => {
    const read = context.readBulk(query, groupObjects);
    const busy = runningOf(context.state, "QUERY");
    const errors =
      "problems" in read
        ? read.problems.map((problem) => userError(["query"], problem, "INVALID"))
        : busy.length < CONCURRENT
          ? []
          : [userError(null, `A bulk query operation for this app and shop is already in progress: ${busy[0]?.gid}.`, "OPERATION_IN_PROGRESS")];
    if (errors.length) return { bulkOperation: null, userErrors: presentUserErrors("BulkOperationUserError", errors) };
    const operation = begin(context, { type: "QUERY", text: query, path: "", grouped: groupObjects });
    return { bulkOperation: present(operation, context), userErrors: [] };
  },

  bulkOperationCancel: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const operation = context.state.bulkOperations.get(id);
    if (!operation) return { bulkOperation: null, userErrors: presentUserErrors("UserError", [userError(["id"], "Bulk operation does not exist", null)]) };
    const over = !isRunning(operation);
    if (!over) operation.status = "CANCELING";
    const words = `A bulk operation cannot be canceled when it is ${operation.status.toLowerCase()}`;
    return { bulkOperation: present(operation, context), userErrors: presentUserErrors("UserError", over ? [userError(null, words, null)] : []) };
  },
};

export const bulkOperationQueries: RootResolvers = {
  bulkOperation: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const operation = context.state.bulkOperations.get(id);
    return operation ? look(operation, context) : null;
  },
  bulkOperations: (_source: unknown, args: ListArgs, context: AdminContext) => listPage(listing(context), { ...args, reverse: !args.reverse }),
  currentBulkOperation: (_source: unknown, { type = "QUERY" }: { type?: string }, context: AdminContext) => {
    const operation = [...context.state.bulkOperations.values()].reverse().find((one) => one.type === type);
    return operation ? look(operation, context) : null;
  },
};

function begin(context: AdminContext, asked: Pick<BulkOperation, "type" | "text" | "path" | "grouped">): BulkOperation {
  const { state, now } = context;
  const operation: BulkOperation = {
    ...asked,
    gid: nextGid(state, "BulkOperation"),
    status: "CREATED",
    errorCode: null,
    createdAt: isoSeconds(now),
    completedAt: null,
    readyAtMs: now.getTime() + context.bulkDelayMs,
    looks: 0,
    objectCount: 0,
    rootObjectCount: 0,
    failure: state.bulkFailures.shift() ?? null,
    result: [],
  };
  state.bulkOperations.set(operation.gid, operation);
  return operation;
}

/** Each look finds the operation one step further: created, running, and over once its work is done and its time has passed. */
function look(operation: BulkOperation, context: AdminContext): Presented {
  operation.looks += 1;
  if (operation.status === "CANCELING") end(operation, "CANCELED", null, context);
  else if (operation.status === "CREATED" && operation.looks > 1) operation.status = "RUNNING";
  else if (operation.status !== "RUNNING") return present(operation, context);
  if (operation.status === "RUNNING") advance(operation, context);
  return present(operation, context);
}

/** The work of running operations, kept as far as it has come; an operation that a restart cut short begins again. */
const works = new WeakMap<BulkOperation, Iterator<string>>();

/** Does the next piece of the work. */
function advance(operation: BulkOperation, context: AdminContext): void {
  let work = works.get(operation);
  if (!work) {
    Object.assign(operation, { objectCount: 0, rootObjectCount: 0, result: [] });
    work = operation.type === "QUERY" ? queryWork(operation, context) : mutationWork(operation, context);
    works.set(operation, work);
  }
  const most = Math.min(ROWS_A_LOOK, (operation.failure?.afterRows ?? Number.POSITIVE_INFINITY) - operation.objectCount);
  const lines: string[] = [];
  let over = false;
  try {
    while (!over && lines.length < most) {
      const next = work.next();
      if (next.done) over = true;
      else lines.push(next.value);
    }
  } catch (error) {
    if (!(error instanceof GraphQLError) || error.extensions["code"] !== "ACCESS_DENIED") throw error;
    return end(operation, "FAILED", "ACCESS_DENIED", context);
  }
  operation.objectCount += lines.length;
  if (lines.length) operation.result.push(lines.map((line) => `${line}\n`).join(""));
  const { failure } = operation;
  if (failure && (over || operation.objectCount >= failure.afterRows)) end(operation, failure.status, failure.errorCode, context);
  else if (over && operation.looks > 2 && operation.readyAtMs <= context.now.getTime()) end(operation, "COMPLETED", null, context);
}

function end(operation: BulkOperation, status: BulkOperation["status"], errorCode: BulkOperation["errorCode"], { now, emit }: AdminContext): void {
  Object.assign(operation, { status, errorCode, completedAt: isoSeconds(now) });
  works.delete(operation);
  emit("bulk_operations/finish", {
    admin_graphql_api_id: operation.gid,
    completed_at: operation.completedAt,
    created_at: operation.createdAt,
    error_code: errorCode?.toLowerCase() ?? null,
    status: status.toLowerCase(),
    type: operation.type.toLowerCase(),
  });
}

function* queryWork(operation: BulkOperation, context: AdminContext): Generator<string> {
  const read = context.readBulk(operation.text, operation.grouped);
  if ("problems" in read) throw new Error(read.problems.join(" "));
  for (const row of read.rows) yield queryLine(operation, row);
}

function queryLine(operation: BulkOperation, { root, value }: BulkRow): string {
  if (root) operation.rootObjectCount += 1;
  return escapeSlashes(JSON.stringify(value));
}

/** Runs the mutation for every line; the result has a line for each, with the number of the line it came from. */
function* mutationWork(operation: BulkOperation, context: AdminContext): Generator<string> {
  const lines = (context.state.uploads.get(operation.path) ?? "").split("\n").filter((line) => line.trim() !== "").slice(0, MAX_LINES);
  for (const [index, line] of lines.entries()) {
    operation.rootObjectCount += 1;
    yield escapeSlashes(JSON.stringify({ ...context.run(operation.text, readLine(line)), __lineNumber: index }));
  }
}

/** The result files escape slashes, as the recorded ones do. */
function escapeSlashes(line: string): string {
  return line.replaceAll("/", "\\/");
}

function readLine(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function present(operation: BulkOperation, { shopUrl }: AdminContext): Presented {
  const over = !isRunning(operation);
  const done = operation.status === "COMPLETED";
  const size = operation.result.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  const address = `${shopUrl}/__results/${gidTail(operation.gid)}.jsonl`;
  // Nothing to fetch: no address.
  const url = over && size > 0 ? address : null;
  return {
    __typename: "BulkOperation",
    id: operation.gid,
    status: operation.status,
    type: operation.type,
    errorCode: operation.errorCode,
    createdAt: operation.createdAt,
    completedAt: operation.completedAt,
    objectCount: String(operation.objectCount),
    rootObjectCount: String(operation.rootObjectCount),
    fileSize: done ? String(size) : null,
    url: done ? url : null,
    partialDataUrl: done ? null : url,
    query: operation.text,
  };
}

function listing(context: AdminContext): Listing<BulkOperation> {
  return {
    typename: "BulkOperationConnection",
    noun: "bulk operations",
    rows: context.state.bulkOperations.values(),
    fieldsOf: (one) => ({
      text: [],
      exact: { id: gidTail(one.gid), operation_type: one.type.toLowerCase(), status: one.status.toLowerCase() },
      instants: { created_at: one.createdAt },
    }),
    sortBy: { CREATED_AT: (one) => one.createdAt },
    gidOf: (one) => one.gid,
    present: (one) => present(one, context),
  };
}

function isRunning({ status }: BulkOperation): boolean {
  return status === "CREATED" || status === "RUNNING" || status === "CANCELING";
}

function runningOf(state: ShopState, type: BulkOperation["type"]): BulkOperation[] {
  return [...state.bulkOperations.values()].filter((one) => one.type === type && isRunning(one));
}

function refusalOf({ mutation, stagedUploadPath }: { mutation: string; stagedUploadPath: string }, { state }: AdminContext): UserError | null {
  const roots = rootsOf(mutation);
  if ("error" in roots) return userError(null, roots.error, "INVALID_MUTATION");
  if (roots.names.some((name) => name.startsWith("bulkOperation"))) return userError(["mutation"], "You must use an allowed mutation name.", null);
  if (state.uploads.get(stagedUploadPath) == null) {
    return userError(null, "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly for the stagedUploadPath mutation argument.", "NO_SUCH_FILE");
  }
  return runningOf(state, "MUTATION").length < CONCURRENT ? null : userError(null, "A bulk mutation operation for this app and shop is already in progress.", "OPERATION_IN_PROGRESS");
}

function rootsOf(mutation: string): { names: string[] } | { error: string } {
  try {
    const [operation] = parse(mutation).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    return { names: (operation?.selectionSet.selections ?? []).flatMap((field) => (field.kind === Kind.FIELD ? [field.name.value] : [])) };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [line, column] = lastToken(mutation);
    return { error: `Failed to parse the mutation - syntax error, unexpected end of file at [${line}, ${column}]` };
  }
}

/** Where the last token that can be read begins: there Shopify's parser says the text ended. */
function lastToken(text: string): [number, number] {
  const lexer = new Lexer(new Source(text));
  let at: [number, number] = [1, 1];
  try {
    while (lexer.advance().kind !== TokenKind.EOF) at = [lexer.token.line, lexer.token.column];
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
  }
  return at;
}

function stagedTarget(input: StagedInput, { state, shopUrl, now }: AdminContext): Presented {
  const key = `tmp/91740864812/bulk/${randomUUID()}/${input.filename}`;
  state.uploads.set(key, null);
  const url = `${shopUrl}/__uploads`;
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const parameters = {
    "Content-Type": input.mimeType,
    success_action_status: "201",
    acl: "private",
    key,
    "x-goog-date": stamp,
    "x-goog-credential": `local-store/${stamp.slice(0, 8)}/auto/storage/goog4_request`,
    "x-goog-algorithm": "GOOG4-RSA-SHA256",
    "x-goog-signature": randomUUID().replaceAll("-", ""),
    policy: Buffer.from(JSON.stringify({ conditions: [{ key }] })).toString("base64"),
  };
  return {
    __typename: "StagedMediaUploadTarget",
    url,
    resourceUrl: url,
    parameters: Object.entries(parameters).map(([name, value]) => ({ __typename: "StagedUploadParameter", name, value })),
  };
}
