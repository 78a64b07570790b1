/** The calls about imports. */
import { z } from "zod";
import type * as calls from "../../contract/api/imports";
import { applyImport as apply } from "../../domain/imports/apply.server";
import { IMPORT_KINDS, NewImport } from "../../domain/imports/import";
import { issuesFile } from "../../domain/imports/issues-file.server";
import { issueTo } from "../../domain/imports/issue-to.server";
import { issueToSegment } from "../../domain/imports/issue-to-segment.server";
import { findImport, listImports as list } from "../../domain/imports/queries.server";
import { stageImport } from "../../domain/imports/stage.server";
import { undoImport as undo } from "../../domain/imports/undo.server";
import { uploadKey } from "../../domain/imports/upload-key.server";
import { gid, gidTail } from "../../lib/gid";
import { parseId, publicId } from "../../lib/ids";
import { ApiRefusal, parse } from "./door.server";
import type { Handler } from "./handler";
import { ID_KEY, pageEnd, positionOf } from "./page";

/** Shops whose files this process is reading. A file holds a connection to the database for as long as its sender takes. */
const reading = new Set<number>();
const READ_AT_ONCE = 3;

/** POST /imports */
export const createImport: Handler<typeof calls.createImport> = async ({ query }, { shop, now, requestKey, file }) => {
  const { ruleId, ...options } = query;
  if (ruleId === undefined && options.kind !== "points") throw new ApiRefusal("argument_missing", "ruleId: Which award is it about?");
  const wanted = parse(NewImport, { ...options, awardNumber: ruleId, requestKey: await uploadKey(shop.id, `api:${requestKey}`, now) }, "query");
  const staging = await readAlone(shop.id, () => stageImport(shop.id, wanted, file, now));
  switch (staging.outcome) {
    case "staged":
      return shown(shop.id, staging.importId);
    case "already_imported":
      throw new ApiRefusal("import_repeated", undefined, {}, { importId: publicId("import", staging.importId) });
    case "refused":
      throw new ApiRefusal("import_refused", staging.message);
    default:
      return staging satisfies never;
  }
};

/** Reads a file of the shop. Throws ApiRefusal while another of its files is being read, or too many of others. */
async function readAlone<Read>(shopId: number, read: () => Promise<Read>): Promise<Read> {
  if (reading.has(shopId) || reading.size >= READ_AT_ONCE) throw new ApiRefusal("busy", "Other files are being read: send this one in a moment.", { "Retry-After": "5" });
  reading.add(shopId);
  try {
    return await read();
  } finally {
    reading.delete(shopId);
  }
}

/** GET /imports */
export const listImports: Handler<typeof calls.listImports> = async ({ query }, { shop }) => {
  const page = await list(shop.id, positionOf(query.cursor, [ID_KEY]), query.limit);
  return { imports: page.rows.map(importOf), ...pageEnd(page) };
};

/** GET /imports/{importId} */
export const importDetail: Handler<typeof calls.importDetail> = async ({ params }, { shop }) => shown(shop.id, idOf(params.importId));

/** GET /imports/{importId}/issues */
export const importIssues: Handler<typeof calls.importIssues> = async ({ params }, { shop }) => {
  const lines = await issuesFile(shop.id, idOf(params.importId));
  if (!lines) throw new ApiRefusal("import_unknown");
  return lines;
};

/** POST /imports/{importId}/apply */
export const applyImport: Handler<typeof calls.applyImport> = async ({ params, body }, { shop, now }) => {
  const importId = idOf(params.importId);
  const applying = await apply(shop.id, { importId, mode: body.mode }, now);
  switch (applying.outcome) {
    case "applying":
    case "already_applied":
      return shown(shop.id, importId);
    case "rows_fail":
      throw new ApiRefusal("import_rows_fail", undefined, {}, { fates: applying.fates });
    case "too_many_rows":
      throw new ApiRefusal("import_rows_fail", `All or nothing goes up to ${applying.most} rows.`);
    case "not_previewed":
      throw new ApiRefusal("import_not_ready");
    case "over":
      throw new ApiRefusal("import_over");
    case "import_unknown":
      throw new ApiRefusal("import_unknown");
    default:
      return applying satisfies never;
  }
};

/** POST /imports/{importId}/undo */
export const undoImport: Handler<typeof calls.undoImport> = async ({ params }, { shop, now }) => {
  const importId = idOf(params.importId);
  const undoing = await undo(shop.id, importId, now);
  switch (undoing.outcome) {
    case "undoing":
    case "already_undone":
      return shown(shop.id, importId);
    case "too_late":
      throw new ApiRefusal("import_over", "It was applied more than 7 days ago.");
    case "cannot_be_undone":
      throw new ApiRefusal("import_over", "What was revoked cannot be brought back.");
    case "not_applied":
      throw new ApiRefusal("import_not_ready", "It was not applied.");
    case "import_unknown":
      throw new ApiRefusal("import_unknown");
    default:
      return undoing satisfies never;
  }
};

/** POST /awards/{ruleId}/distribute */
export const distributeToMany: Handler<typeof calls.distributeToMany> = async ({ params, body }, { shop, now, requestKey }) => {
  const { customers = [], segmentId, name, distributed } = body;
  const given = { awardNumber: params.ruleId, distributed, name, requestKey };
  const begun =
    segmentId == null ? await issueTo(shop.id, { ...given, customers }, now) : await issueToSegment(shop.id, { ...given, segmentGid: gid("Segment", gidTail(segmentId)) }, now);
  if (begun.outcome === "refused") throw new ApiRefusal("import_refused", begun.message);
  return shown(shop.id, begun.importId);
};

async function shown(shopId: number, importId: bigint): Promise<calls.ApiImport> {
  const found = await findImport(shopId, importId);
  if (!found) throw new ApiRefusal("import_unknown");
  return importOf(found);
}

const Kind = z.enum(IMPORT_KINDS);
type ListedImport = Awaited<ReturnType<typeof list>>["rows"][number];

function importOf({ id, kind, awardNumber, fileName, status, rowsCount, validCount, appliedCount, fates, problem, createdAt, appliedAt, undoneAt }: ListedImport): calls.ApiImport {
  return {
    importId: publicId("import", id), kind: Kind.parse(kind), ruleId: awardNumber, fileName, status, rowsCount, validCount, appliedCount, fates, problem,
    createdAt: createdAt.toISOString(), appliedAt: appliedAt?.toISOString() ?? null, undoneAt: undoneAt?.toISOString() ?? null,
  };
}

/** Throws ApiRefusal for an id that is none of ours. */
function idOf(importId: string): bigint {
  const id = parseId("import", importId);
  if (id === null) throw new ApiRefusal("import_unknown");
  return id;
}
