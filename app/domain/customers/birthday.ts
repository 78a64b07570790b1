/** A day of the year, as people celebrate it: the year they were born in is not kept. Pure. */
import { localTime } from "../../lib/zone";

const DAY_MS = 86_400_000;
/** A leap year: every day there can be. */
const LEAP_YEAR = 2028;

export interface Birthday {
  /** 1 to 12, and 1 to 31. */
  month: number;
  day: number;
}

/** Reads "1990-02-29" or "02-29"; null: no such day. */
export function parseBirthday(text: string): Birthday | null {
  const [, year, month, day] = /^(?:(\d{4})-)?(\d{2})-(\d{2})$/.exec(text.trim()) ?? [];
  const birthday = { month: Number(month), day: Number(day) };
  return isDay(birthday, year === undefined ? LEAP_YEAR : Number(year)) ? birthday : null;
}

function isDay({ month, day }: Birthday, year: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return !Number.isNaN(date.getTime()) && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

export interface CelebratedDay extends Birthday {
  /** The year whose birthday it is. */
  year: number;
}

/**
 * Whose birthday is celebrated on the shop's day of this instant, and on so many days before it: 29 February on the 28th where
 * the year has none.
 */
export function celebratedDays(now: Date, timeZone: string, daysBefore: number): CelebratedDay[] {
  const today = Date.parse(`${localTime(now, timeZone).slice(0, 10)}T00:00:00Z`);
  return Array.from({ length: daysBefore + 1 }, (_, before) => new Date(today - before * DAY_MS)).flatMap((date) => {
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const leapling = month === 2 && day === 28 && !isDay({ month: 2, day: 29 }, year) ? [{ year, month: 2, day: 29 }] : [];
    return [{ year, month, day }, ...leapling];
  });
}
