/** Calendar rules in the shop's IANA time zone. Instants are UTC everywhere else. */
import { remembered } from "./remembered";

const MINUTE_MS = 60_000;

/** One for each zone: making one costs fifty times what using it does. There are a few hundred zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  formatters.set(timeZone, made);
  return made;
}

/**
 * Offset from UTC, in ms, of "zone minute". Whoever uses coupons under every rule asks six times, for much the same minutes, and the
 * calendar took a quarter of what our process does for it. Since 1973 no zone has changed its offset within a minute.
 */
const offsetIn = remembered((key) => {
  const [timeZone = "", minute] = key.split(" ");
  const from = Number(minute) * MINUTE_MS;
  const parts = formatterOf(timeZone).formatToParts(from);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(read("year"), read("month") - 1, read("day"), read("hour"), read("minute"), read("second")) - from;
});

function offsetMs(instant: Date, timeZone: string): number {
  return offsetIn(`${timeZone} ${Math.floor(instant.getTime() / MINUTE_MS)}`);
}

/** The instant at which a wall clock in `timeZone` shows this local time ("2026-11-12T23:59:59"). A time that a
 * daylight-saving jump skips becomes the first instant after the jump's offset; one that occurs twice, the first. */
export function instantOf(local: string, timeZone: string): Date {
  const asUtc = new Date(`${local}Z`);
  if (Number.isNaN(asUtc.getTime())) throw new Error(`not a local date-time: ${JSON.stringify(local)}`);
  const early = asUtc.getTime() - offsetMs(new Date(asUtc.getTime() - 86_400_000), timeZone);
  const late = asUtc.getTime() - offsetMs(new Date(asUtc.getTime() + 86_400_000), timeZone);
  const fits = [early, late].filter((ms) => ms + offsetMs(new Date(ms), timeZone) === asUtc.getTime());
  return new Date(fits.length ? Math.min(...fits) : early);
}

/** The wall clock in `timeZone` at this instant: "2026-11-12T23:59:59". */
export function localTime(instant: Date, timeZone: string): string {
  return new Date(instant.getTime() + offsetMs(instant, timeZone)).toISOString().slice(0, 19);
}
