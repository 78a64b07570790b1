/** When coupons of an award may be used: days of the week and the month, hours, and the gap between two uses. Pure. */
import { instantOf, localTime } from "../../lib/zone";

const DAY_MS = 86_400_000;
/** Days looked ahead for the next opening: the 31st that is a Sunday comes within two years. */
const LOOK_AHEAD = 800;

export interface Windows {
  /** ISO weekdays, 1 = Monday; days of the month. Empty: every day. */
  weekdays: number[];
  monthDays: number[];
  /** Minutes of the day, from inclusive, until exclusive; until before from runs over midnight. */
  fromMinute: number | null;
  untilMinute: number | null;
  timeZone: string;
}

/** The shop's calendar at an instant. */
interface Local {
  /** The day as the instant of its midnight in UTC: days are counted by it, not told. */
  day: number;
  minute: number;
}

function localOf(at: Date, timeZone: string): Local {
  const local = localTime(at, timeZone);
  return { day: Date.parse(`${local.slice(0, 10)}T00:00:00Z`), minute: Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16)) };
}

function instantOn(day: number, minute: number, timeZone: string): Date {
  return instantOf(new Date(day + minute * 60_000).toISOString().slice(0, 19), timeZone);
}

const weekdayOf = (day: number) => ((new Date(day).getUTCDay() + 6) % 7) + 1;
const monthDayOf = (day: number) => new Date(day).getUTCDate();

/** Which of the three windows are shut at an instant. Each looks at the shop's calendar by itself: after midnight it is another day. */
export function shutWindows(windows: Windows, at: Date): ("weekday" | "month_day" | "hour")[] {
  const { weekdays, monthDays, fromMinute } = windows;
  if (weekdays.length === 0 && monthDays.length === 0 && fromMinute === null) return [];
  const { day, minute } = localOf(at, windows.timeZone);
  const shut: ("weekday" | "month_day" | "hour")[] = [];
  if (!isOpenWeekday(windows, day)) shut.push("weekday");
  if (!isOpenMonthDay(windows, day)) shut.push("month_day");
  if (!isOpenMinute(windows, minute)) shut.push("hour");
  return shut;
}

const isOpenWeekday = ({ weekdays }: Windows, day: number) => weekdays.length === 0 || weekdays.includes(weekdayOf(day));
const isOpenMonthDay = ({ monthDays }: Windows, day: number) => monthDays.length === 0 || monthDays.includes(monthDayOf(day));

function isOpenMinute({ fromMinute: from, untilMinute: until }: Windows, minute: number): boolean {
  if (from === null || until === null || from === until) return true;
  return from < until ? minute >= from && minute < until : minute >= from || minute < until;
}

/** The first instant after `at` at which day and hour fit; null: not within two years. */
export function nextOpening(windows: Windows, at: Date): Date | null {
  const { day: today, minute: now } = localOf(at, windows.timeZone);
  const { fromMinute: from, untilMinute: until } = windows;
  const opens = from === null || until === null ? [0] : from < until ? [from] : [0, from];
  for (let ahead = 0; ahead <= LOOK_AHEAD; ahead++) {
    const day = today + ahead * DAY_MS;
    if (!isOpenWeekday(windows, day) || !isOpenMonthDay(windows, day)) continue;
    const minute = opens.find((start) => (ahead > 0 || start > now) && isOpenMinute(windows, start));
    if (minute !== undefined) return instantOn(day, minute, windows.timeZone);
  }
  return null;
}

/** The first instant at which a use is far enough from one at `last`: with a gap of 1, the next calendar day of the shop. */
export function gapEndsAt(last: Date, gapDays: number, timeZone: string): Date {
  return instantOn(localOf(last, timeZone).day + gapDays * DAY_MS, 0, timeZone);
}

/** A use at `at` is too near to one at this instant or after it. */
export function gapReachesBackTo(at: Date, gapDays: number, timeZone: string): Date {
  return instantOn(localOf(at, timeZone).day - (gapDays - 1) * DAY_MS, 0, timeZone);
}
