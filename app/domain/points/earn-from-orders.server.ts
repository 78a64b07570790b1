/** Orders earn points: at once, or once the shop's pending days are over. */
import type { Tx } from "../../lib/db.server";
import { postEntry } from "./post.server";

export interface OrderEarning {
  customerId: bigint;
  orderGid: string;
  points: number;
  note: string;
  occurredAt: Date;
}

/** Books what these orders earned, each once. Their customers' accounts are locked by the caller. */
export async function earnFromOrders(tx: Tx, shopId: number, earnings: OrderEarning[], now: Date): Promise<void> {
  for (const earning of earnings) {
    if (earning.points > 0) await postEntry(tx, shopId, { ...earning, kind: "earned", reasonKey: `earn:${earning.orderGid}` }, now);
  }
}
