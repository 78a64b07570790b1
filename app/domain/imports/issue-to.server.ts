/** An award is given to a list of customers, as staff choose them or an integrator names them. */
import { csvLine } from "../../lib/csv";
import { prisma } from "../../lib/db.server";
import { stepAtOnce } from "../jobs/step.server";
import { stepApply } from "./apply-step.server";
import { stepPreview } from "./preview-step.server";
import { stageImport } from "./stage.server";

const LINES = 1000;

export interface Distribution {
  awardNumber: number;
  /** Customer ids, external ids, e-mail addresses or phone numbers, as they come; one row each. */
  customers: string[];
  /** For nothing; else each is asked for the price in points. */
  distributed: boolean;
  /** What it is called in the list of imports. */
  name: string;
  requestKey: string;
}

export type IssueTo =
  /** An import of one row for each name: its progress, outcomes and every customer's fate are read there. */
  | { outcome: "started"; importId: bigint }
  | { outcome: "refused"; message: string };

/** Gives the award to everybody on the list who may have it. The same request key is the same distribution. */
export async function issueTo(shopId: number, { awardNumber, customers, distributed, name, requestKey }: Distribution, now: Date): Promise<IssueTo> {
  const wanted = { kind: "issue", awardNumber, distributed, applyAtOnce: true, fileName: name, requestKey: `list:${requestKey}`, repeat: true } as const;
  const staging = await stageImport(shopId, wanted, lines(customers), now);
  switch (staging.outcome) {
    case "refused":
      return staging;
    case "already_imported":
      return { outcome: "refused", message: "This list was given before." };
    case "staged":
      await workAtOnce(shopId, staging.importId, now);
      return { outcome: "started", importId: staging.importId };
    default:
      return staging satisfies never;
  }
}

/** A small list is done with when this returns. */
async function workAtOnce(shopId: number, importId: bigint, now: Date): Promise<void> {
  const { jobId } = await prisma.import.findUniqueOrThrow({ where: { shopId_id: { shopId, id: importId } }, select: { jobId: true } });
  if (jobId !== null) await stepAtOnce(shopId, jobId, { import_preview: stepPreview, import_apply: stepApply }, now);
}

async function* lines(customers: string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from("customer\r\n");
  for (let done = 0; done < customers.length; done += LINES) yield Buffer.from(customers.slice(done, done + LINES).map((customer) => csvLine([customer])).join(""));
}
