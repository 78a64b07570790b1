/** Staff want to know now whether we and Shopify agree. */
import { prisma } from "../../lib/db.server";

/** Looks at the shop's orders and then at all its codes, beside what the crontab does; asked for twice it is done once. */
export async function demandReconciliation(shopId: number): Promise<void> {
  await prisma.$queryRaw`
    SELECT 1 FROM graphile_worker.add_job('reconcile', json_build_object('shopId', ${shopId}::int, 'demanded', true),
      queue_name := ${`reconcile:${shopId}`}, job_key := ${demandKey(shopId)}, max_attempts := 3)`;
}

/** The job's key from when it is asked for until the last look is over. */
export const demandKey = (shopId: number) => `reconcile-demanded:${shopId}`;
