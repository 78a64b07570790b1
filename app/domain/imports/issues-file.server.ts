/** The rows that failed, as a file that can be corrected and uploaded as it is. */
import { prisma } from "../../lib/db.server";
import { csvLine } from "../../lib/csv";
import { fateText } from "./fates";
import { ISSUE_COLUMNS } from "./row";

const PAGE = 2000;

/** The issues file, a piece at a time: the file's own columns, and after them a code and a text. Null: there is no such import. */
export async function issuesFile(shopId: number, importId: bigint): Promise<AsyncGenerator<string> | null> {
  const found = await prisma.import.findUnique({ where: { shopId_id: { shopId, id: importId } }, select: { header: true } });
  return found && lines(shopId, importId, found.header);
}

async function* lines(shopId: number, importId: bigint, header: string): AsyncGenerator<string> {
  yield `${header},${csvLine(ISSUE_COLUMNS)}`;
  for (let from = 0; ; ) {
    const rows = await prisma.importRow.findMany({
      where: { shopId, importId, fate: { not: null }, line: { gt: from } },
      orderBy: { line: "asc" },
      take: PAGE,
      select: { line: true, input: true, fate: true },
    });
    yield rows.map(({ input, fate }) => `${input},${csvLine([fate, fateText(fate ?? "")])}`).join("");
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    from = last.line;
  }
}
