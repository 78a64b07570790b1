/** An import as staff see it before they apply it. */
import { randomUUID } from "node:crypto";
import { findImport } from "#app/domain/imports/queries.server.ts";
import { stageImport } from "#app/domain/imports/stage.server.ts";
import type { NewImport } from "#app/domain/imports/import.ts";
import { stepPreview } from "#app/domain/imports/preview-step.server.ts";
import { stepJob } from "#app/domain/jobs/step.server.ts";
import { NOON } from "./factories";

/** Stages a file of these lines and works its preview to the end. */
export async function previewImport(shopId: number, wanted: object, lines: string[]): Promise<{ importId: bigint; fates: unknown }> {
  async function* file() {
    yield new TextEncoder().encode(lines.join("\n"));
  }
  const staging = await stageImport(shopId, { fileName: "rows.csv", requestKey: randomUUID(), ...wanted } as NewImport, file(), NOON);
  if (staging.outcome !== "staged") throw new Error(staging.outcome);
  for (;;) {
    const found = await findImport(shopId, staging.importId);
    if (found?.status === "previewed" || !found?.job) return { importId: staging.importId, fates: found?.fates };
    await stepJob(shopId, found.job.id, { import_preview: stepPreview }, NOON);
  }
}
