/** The first of an idempotency key has done its work: its answer is kept, or the key is free again. */
import { prisma } from "../../lib/db.server";

interface Claim {
  key: string;
  /** As `beginAnswer` gave it: a claim that somebody else took over in the meantime is theirs. */
  token: Date;
}

/** Keeps the answer for every repetition of the request with this hash: of a file it is known only now. */
export async function keepAnswer(shopId: number, { key, token, requestHash, status, body }: Claim & { requestHash: Uint8Array<ArrayBuffer>; status: number; body: string }): Promise<void> {
  await prisma.apiAnswer.updateMany({ where: { shopId, key, createdAt: token, status: 0 }, data: { requestHash, status, body } });
}

/** Frees the key after a fault of ours, so that a repetition tries again. */
export async function freeAnswer(shopId: number, { key, token }: Claim): Promise<void> {
  await prisma.apiAnswer.deleteMany({ where: { shopId, key, createdAt: token, status: 0 } });
}
