import { localTime } from "../lib/zone";
import { useShop } from "./shop";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * "12 Nov 2026, 23:59" by the shop's clock. Written by hand: the server's and the browser's own formats differ in their
 * spaces, and a page must read the same on both.
 */
export function formatTime(instant: Date, timeZone: string): string {
  return `${formatDay(instant, timeZone)}, ${localTime(instant, timeZone).slice(11, 16)}`;
}

/** "12 Nov 2026" by the shop's calendar. */
export function formatDay(instant: Date, timeZone: string): string {
  const [year = "", month = "", day = ""] = localTime(instant, timeZone).slice(0, 10).split("-");
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}`;
}

/** An instant as the shop's clock shows it; machines read the exact one. */
export function Time({ at, day = false }: { at: Date; day?: boolean }) {
  const { timeZone } = useShop();
  return (
    <time dateTime={at.toISOString()} title={`${formatTime(at, timeZone)} (${timeZone})`} style={{ whiteSpace: "nowrap" }}>
      {day ? formatDay(at, timeZone) : formatTime(at, timeZone)}
    </time>
  );
}
