/** A file of a million codes: read, staged, previewed and applied; beside the plain storing of codes by unnest. */
import { randomUUID } from "node:crypto";
import { addCodesToAward } from "#app/domain/awards/add-codes.server.ts";
import { collectCodes } from "#app/domain/codes/list.ts";
import { stepApply } from "#app/domain/imports/apply-step.server.ts";
import { applyImport } from "#app/domain/imports/apply.server.ts";
import { stepPreview } from "#app/domain/imports/preview-step.server.ts";
import { findImport } from "#app/domain/imports/queries.server.ts";
import { stageImport } from "#app/domain/imports/stage.server.ts";
import type { JobSteps } from "#app/domain/jobs/job.ts";
import { stepJob } from "#app/domain/jobs/step.server.ts";
import { closeDatabase, prisma } from "#app/lib/db.server.ts";
import { atLeast, atMost, figure, perSecond, type Row } from "./row";
import { benchAward, benchShop } from "./shop";

const ROWS = 1_000_000;
const PLAIN = 200_000;
const STEPS: JobSteps = { import_preview: stepPreview, import_apply: stepApply };

export async function bench(): Promise<Row[]> {
  const { id: shopId } = await benchShop();
  const plainAward = await benchAward(shopId, 0);
  const award = await benchAward(shopId, 0);
  const times = { staged: 0, previewed: 0, applied: 0 };
  const startedAt = performance.now();
  const staging = await stageImport(shopId, { kind: "codes", awardNumber: award.number, fileName: "codes.csv", requestKey: randomUUID() }, file(), new Date());
  if (staging.outcome !== "staged") throw new Error(staging.outcome);
  times.staged = performance.now();
  await workOff(shopId, staging.importId);
  times.previewed = performance.now();
  const applying = await applyImport(shopId, { importId: staging.importId, mode: "valid_rows" }, new Date());
  if (applying.outcome !== "applying") throw new Error(applying.outcome);
  await workOff(shopId, staging.importId);
  times.applied = performance.now();
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  const plain = await perSecond(PLAIN, () => storePlainly(shopId, plainAward.number));

  const done = await findImport(shopId, staging.importId);
  if (done?.status !== "applied" || done.appliedCount !== ROWS) throw new Error(`${done?.appliedCount} of ${ROWS} rows were applied`);
  await closeDatabase();
  const rate = (ROWS * 1000) / (times.applied - startedAt);
  return [
    figure("a file of 1,000,000 codes, from its first byte to the last code stored", rate, "rows/s"),
    figure("of that, read and staged (and previewed, where nothing has to be looked up)", (times.staged - startedAt) / 1000, "s"),
    figure("of that, what was left of the preview", (times.previewed - times.staged) / 1000, "s"),
    figure("of that, applied", (times.applied - times.previewed) / 1000, "s"),
    figure("codes stored plainly, by unnest, all indexes", plain, "rows/s"),
    atLeast("import / plain storing", rate / plain, "×", 0.3),
    atMost("peak memory of the process", peakMiB, "MiB", 300),
  ];
}

/** As the worker does. */
async function workOff(shopId: number, importId: bigint): Promise<void> {
  const { jobId } = await prisma.import.findUniqueOrThrow({ where: { shopId_id: { shopId, id: importId } }, select: { jobId: true } });
  if (jobId === null) throw new Error("the import has no job");
  while ((await stepJob(shopId, jobId, STEPS, new Date())).outcome === "stepped");
}

/** An upload that comes in pieces, and never stands in memory as a whole. */
async function* file(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("code,remark\n");
  for (let made = 0; made < ROWS; made += 1000) {
    yield Buffer.from(Array.from({ length: 1000 }, (_, index) => `FILE-${(made + index).toString(36)}-${index},spring\n`).join(""));
  }
}

async function storePlainly(shopId: number, awardNumber: number): Promise<void> {
  for (let made = 0; made < PLAIN; made += 50_000) {
    const { add, list } = collectCodes();
    for (let index = 0; index < 50_000; index++) add(index, `PLAIN-${made + index}-${index}`);
    const added = await addCodesToAward(shopId, awardNumber, { source: "uploaded", file: { outcome: "read", ...list } }, new Date(), randomUUID());
    if (added.outcome !== "added" || added.codes.added !== 50_000) throw new Error("the plain codes were not stored");
  }
}
