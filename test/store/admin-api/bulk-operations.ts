/** Staged uploads and bulk mutations: one operation over every line of an uploaded file. */
import { randomUUID } from "node:crypto";
import { GraphQLError, Kind, Lexer, parse, Source, TokenKind } from "graphql";
import type { BulkOperation } from "../state";
import { isoSeconds, nextGid } from "../state";
import type { AdminContext, Presented, RootResolvers } from "./context";
import { presentUserErrors, userError, type UserError } from "./user-error";

const CONCURRENT = 5;
const MAX_LINES = 100_000;

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
    const { state, now } = context;
    const refusal = refusalOf(args, context);
    if (refusal) return { bulkOperation: null, userErrors: presentUserErrors("BulkMutationUserError", [refusal]) };
    const operation: BulkOperation = {
      gid: nextGid(state, "BulkOperation"),
      type: "MUTATION",
      status: "CREATED",
      mutation: args.mutation,
      path: args.stagedUploadPath,
      createdAt: isoSeconds(now),
      completedAt: null,
      readyAtMs: now.getTime() + context.bulkDelayMs,
      looks: 0,
      objectCount: 0,
      result: null,
    };
    state.bulkOperations.set(operation.gid, operation);
    return { bulkOperation: present(operation, context), userErrors: [] };
  },
};

export const bulkOperationQueries: RootResolvers = {
  bulkOperation: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const operation = context.state.bulkOperations.get(id);
    return operation ? look(operation, context) : null;
  },
  currentBulkOperation: (_source: unknown, { type = "QUERY" }: { type?: string }, context: AdminContext) => {
    const operation = [...context.state.bulkOperations.values()].reverse().find((one) => one.type === type);
    return operation ? look(operation, context) : null;
  },
};

/** Each look finds the operation one step further: created, running, and completed once its time has passed. */
function look(operation: BulkOperation, context: AdminContext): Presented {
  operation.looks += 1;
  if (operation.status === "CREATED" && operation.looks > 1) {
    operation.result = runLines(operation, context);
    operation.status = "RUNNING";
  } else if (operation.status === "RUNNING" && operation.readyAtMs <= context.now.getTime()) {
    operation.status = "COMPLETED";
    operation.completedAt = isoSeconds(context.now);
  }
  return present(operation, context);
}

/** Runs the mutation for every line; the result has a line for each, with the number of the line it came from. */
function runLines(operation: BulkOperation, context: AdminContext): string {
  const lines = (context.state.uploads.get(operation.path) ?? "").split("\n").filter((line) => line.trim() !== "").slice(0, MAX_LINES);
  operation.objectCount = lines.length;
  const results = lines.map((line, index) => {
    const answer = context.run(operation.mutation, readLine(line));
    // The result file escapes slashes, as the recorded ones do.
    return JSON.stringify({ ...answer, __lineNumber: index }).replaceAll("/", "\\/");
  });
  return results.map((line) => `${line}\n`).join("");
}

function readLine(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function present(operation: BulkOperation, { shopUrl }: AdminContext): Presented {
  const done = operation.status === "COMPLETED";
  const size = operation.result === null ? null : Buffer.byteLength(operation.result);
  return {
    __typename: "BulkOperation",
    id: operation.gid,
    status: operation.status,
    type: operation.type,
    errorCode: null,
    createdAt: operation.createdAt,
    completedAt: operation.completedAt,
    objectCount: String(operation.objectCount),
    rootObjectCount: String(operation.objectCount),
    fileSize: done && size !== null ? String(size) : null,
    url: done ? `${shopUrl}/__results/${operation.gid.slice(operation.gid.lastIndexOf("/") + 1)}.jsonl` : null,
    partialDataUrl: null,
    query: operation.mutation,
  };
}

function refusalOf({ mutation, stagedUploadPath }: { mutation: string; stagedUploadPath: string }, { state }: AdminContext): UserError | null {
  const roots = rootsOf(mutation);
  if ("error" in roots) return userError(null, roots.error, "INVALID_MUTATION");
  if (roots.names.some((name) => name.startsWith("bulkOperation"))) return userError(["mutation"], "You must use an allowed mutation name.", null);
  if (state.uploads.get(stagedUploadPath) == null) {
    return userError(null, "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly for the stagedUploadPath mutation argument.", "NO_SUCH_FILE");
  }
  const running = [...state.bulkOperations.values()].filter((one) => one.type === "MUTATION" && (one.status === "CREATED" || one.status === "RUNNING"));
  return running.length < CONCURRENT ? null : userError(null, "A bulk mutation operation for this app and shop is already in progress.", "OPERATION_IN_PROGRESS");
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
