/** When the one code for everybody is replaced. Pure. */
import { instantOf, localTime } from "../../lib/zone";

/** The start of the shop's day on which a code that came `rotatedAt` is replaced, `days` days later. */
export function rotationDueAt(rotatedAt: Date, days: number, timeZone: string): Date {
  const [year = 0, month = 0, day = 0] = localTime(rotatedAt, timeZone).slice(0, 10).split("-").map(Number);
  return instantOf(`${new Date(Date.UTC(year, month - 1, day + days)).toISOString().slice(0, 10)}T00:00:00`, timeZone);
}
