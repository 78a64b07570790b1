/** What a person reads about a code that cannot be used: why, and what would change it, in their language. Pure. */
import type { CallRefusal, CallRefusalReason, UseRefusal, UseRefusalReason } from "../../contract/refusals";
import { formatMoney } from "../../lib/money";

export interface RefusalReader {
  locale: string;
  timeZone: string;
}

/** What a sentence may name, written out in the reader's language. */
interface Named {
  /** How much is missing, or too much. */
  money: string;
  /** When it will do. Empty: not known, or never. */
  moment: string;
  codes: string;
  place: string;
}

type Sentences = Record<UseRefusalReason | CallRefusalReason, (named: Named) => string>;

const ENGLISH: Sentences = {
  coupon_unknown: () => "There is no such code.",
  not_issued: () => "This code has not been given to anybody yet.",
  not_owner: () => "This code belongs to somebody else.",
  coupon_revoked: () => "This coupon was taken back.",
  coupon_archived: () => "This coupon is no longer in use.",
  coupon_expired: () => "This coupon has expired.",
  coupon_redeemed: () => "This coupon was used.",
  award_inactive: () => "This is no longer available.",
  not_started: ({ moment }) => `Available from ${moment}.`,
  not_redeemable_yet: ({ moment }) => `Can be used from ${moment}.`,
  award_ended: () => "This offer has ended.",
  code_limit_reached: () => "This code was used as often as it can be.",
  customer_limit_reached: () => "You have used this as often as you can.",
  award_limit_reached: () => "All of these have been used.",
  locked_by_another: ({ moment }) => `This coupon is in use elsewhere. It is free at ${moment} at the latest.`,
  minimum_order: ({ money }) => `Add ${money} more to use this.`,
  maximum_order: ({ money }) => `The order is ${money} too large to use this.`,
  wrong_currency: () => "This cannot be used in this currency.",
  nothing_in_scope: () => "Nothing on the order is part of this offer.",
  wrong_weekday: ({ moment }) => (moment ? `Not on this day of the week. It can be used from ${moment}.` : "Not on this day of the week."),
  wrong_month_day: ({ moment }) => (moment ? `Not on this day of the month. It can be used from ${moment}.` : "Not on this day of the month."),
  wrong_hour: ({ moment }) => (moment ? `Not at this hour. It can be used from ${moment}.` : "Not at this hour."),
  too_soon: ({ moment }) => `You used this recently. You can again from ${moment}.`,
  registered_outside: () => "This is for customers who registered at another time.",
  too_many_orders: () => "This is for new customers only.",
  not_first_order: () => "This is for a first order only.",
  wrong_location: () => "This cannot be used at this location.",
  location_unknown: ({ place }) => `There is no location “${place}”.`,
  wrong_channel: () => "This cannot be used for orders of this kind.",
  cannot_combine: ({ codes }) => `Remove ${codes} to use this.`,
  customer_needed: () => "Say who you are to use this.",
  reference_in_use: () => "Other coupons are locked under this reference.",
  lock_unknown: () => "Nothing is locked under this reference.",
  lock_released: () => "The lock was released.",
  lock_expired: ({ moment }) => `The lock ended at ${moment}.`,
  lock_burned: () => "The locked coupons were used by another transaction.",
  order_cancelled: () => "The order was cancelled.",
  busy: () => "Many are using this right now. Please try again.",
};

const GERMAN: Sentences = {
  coupon_unknown: () => "Diesen Code gibt es nicht.",
  not_issued: () => "Diesen Code hat noch niemand bekommen.",
  not_owner: () => "Dieser Code gehört jemand anderem.",
  coupon_revoked: () => "Dieser Gutschein wurde zurückgenommen.",
  coupon_archived: () => "Dieser Gutschein ist nicht mehr in Gebrauch.",
  coupon_expired: () => "Dieser Gutschein ist abgelaufen.",
  coupon_redeemed: () => "Dieser Gutschein wurde schon eingelöst.",
  award_inactive: () => "Das gibt es nicht mehr.",
  not_started: ({ moment }) => `Verfügbar ab ${moment}.`,
  not_redeemable_yet: ({ moment }) => `Einlösbar ab ${moment}.`,
  award_ended: () => "Dieses Angebot ist zu Ende.",
  code_limit_reached: () => "Dieser Code wurde so oft eingelöst, wie es möglich ist.",
  customer_limit_reached: () => "Du hast das so oft eingelöst, wie es möglich ist.",
  award_limit_reached: () => "Davon sind alle eingelöst.",
  locked_by_another: ({ moment }) => `Dieser Gutschein wird gerade woanders verwendet. Spätestens ${moment} ist er frei.`,
  minimum_order: ({ money }) => `Noch ${money} bis zum Mindestbestellwert.`,
  maximum_order: ({ money }) => `Die Bestellung ist dafür um ${money} zu groß.`,
  wrong_currency: () => "In dieser Währung ist das nicht einlösbar.",
  nothing_in_scope: () => "Nichts in der Bestellung gehört zu diesem Angebot.",
  wrong_weekday: ({ moment }) => (moment ? `Nicht an diesem Wochentag. Einlösbar ab ${moment}.` : "Nicht an diesem Wochentag."),
  wrong_month_day: ({ moment }) => (moment ? `Nicht an diesem Tag des Monats. Einlösbar ab ${moment}.` : "Nicht an diesem Tag des Monats."),
  wrong_hour: ({ moment }) => (moment ? `Nicht um diese Zeit. Einlösbar ab ${moment}.` : "Nicht um diese Zeit."),
  too_soon: ({ moment }) => `Du hast das vor Kurzem eingelöst. Wieder möglich ab ${moment}.`,
  registered_outside: () => "Das ist für Kundinnen und Kunden, die sich zu einer anderen Zeit angemeldet haben.",
  too_many_orders: () => "Das ist nur für neue Kundinnen und Kunden.",
  not_first_order: () => "Das ist nur für die erste Bestellung.",
  wrong_location: () => "An diesem Standort ist das nicht einlösbar.",
  location_unknown: ({ place }) => `Einen Standort „${place}“ gibt es nicht.`,
  wrong_channel: () => "Für Bestellungen dieser Art ist das nicht einlösbar.",
  cannot_combine: ({ codes }) => `Entferne ${codes}, um das einzulösen.`,
  customer_needed: () => "Sag, wer du bist, um das einzulösen.",
  reference_in_use: () => "Unter dieser Referenz sind andere Gutscheine reserviert.",
  lock_unknown: () => "Unter dieser Referenz ist nichts reserviert.",
  lock_released: () => "Die Reservierung wurde aufgehoben.",
  lock_expired: ({ moment }) => `Die Reservierung ist am ${moment} abgelaufen.`,
  lock_burned: () => "Die reservierten Gutscheine hat eine andere Transaktion eingelöst.",
  order_cancelled: () => "Die Bestellung wurde storniert.",
  busy: () => "Gerade wollen das viele. Bitte versuche es noch einmal.",
};

const FRENCH: Sentences = {
  coupon_unknown: () => "Ce code n’existe pas.",
  not_issued: () => "Ce code n’a encore été donné à personne.",
  not_owner: () => "Ce code appartient à quelqu’un d’autre.",
  coupon_revoked: () => "Ce bon a été repris.",
  coupon_archived: () => "Ce bon n’est plus utilisé.",
  coupon_expired: () => "Ce bon a expiré.",
  coupon_redeemed: () => "Ce bon a déjà été utilisé.",
  award_inactive: () => "Ceci n’est plus disponible.",
  not_started: ({ moment }) => `Disponible à partir du ${moment}.`,
  not_redeemable_yet: ({ moment }) => `Utilisable à partir du ${moment}.`,
  award_ended: () => "Cette offre est terminée.",
  code_limit_reached: () => "Ce code a été utilisé autant de fois que possible.",
  customer_limit_reached: () => "Vous l’avez utilisé autant de fois que possible.",
  award_limit_reached: () => "Tous ont été utilisés.",
  locked_by_another: ({ moment }) => `Ce bon est en cours d’utilisation ailleurs. Il sera libre au plus tard le ${moment}.`,
  minimum_order: ({ money }) => `Ajoutez encore ${money} pour l’utiliser.`,
  maximum_order: ({ money }) => `La commande dépasse de ${money} le montant maximal.`,
  wrong_currency: () => "Ceci ne s’utilise pas dans cette devise.",
  nothing_in_scope: () => "Rien dans la commande ne fait partie de cette offre.",
  wrong_weekday: ({ moment }) => (moment ? `Pas ce jour de la semaine. Utilisable à partir du ${moment}.` : "Pas ce jour de la semaine."),
  wrong_month_day: ({ moment }) => (moment ? `Pas ce jour du mois. Utilisable à partir du ${moment}.` : "Pas ce jour du mois."),
  wrong_hour: ({ moment }) => (moment ? `Pas à cette heure. Utilisable à partir du ${moment}.` : "Pas à cette heure."),
  too_soon: ({ moment }) => `Vous l’avez utilisé récemment. De nouveau possible à partir du ${moment}.`,
  registered_outside: () => "Ceci est réservé aux clients inscrits à un autre moment.",
  too_many_orders: () => "Ceci est réservé aux nouveaux clients.",
  not_first_order: () => "Ceci est réservé à une première commande.",
  wrong_location: () => "Ceci ne s’utilise pas dans ce point de vente.",
  location_unknown: ({ place }) => `Il n’y a pas de point de vente « ${place} ».`,
  wrong_channel: () => "Ceci ne s’utilise pas pour ce type de commande.",
  cannot_combine: ({ codes }) => `Retirez ${codes} pour l’utiliser.`,
  customer_needed: () => "Dites qui vous êtes pour l’utiliser.",
  reference_in_use: () => "D’autres bons sont réservés sous cette référence.",
  lock_unknown: () => "Rien n’est réservé sous cette référence.",
  lock_released: () => "La réservation a été annulée.",
  lock_expired: ({ moment }) => `La réservation a pris fin le ${moment}.`,
  lock_burned: () => "Les bons réservés ont été utilisés par une autre transaction.",
  order_cancelled: () => "La commande a été annulée.",
  busy: () => "Beaucoup de monde l’utilise en ce moment. Réessayez.",
};

const ARABIC: Sentences = {
  coupon_unknown: () => "لا يوجد رمز كهذا.",
  not_issued: () => "لم يُمنح هذا الرمز لأحد بعد.",
  not_owner: () => "هذا الرمز يخص شخصًا آخر.",
  coupon_revoked: () => "سُحبت هذه القسيمة.",
  coupon_archived: () => "لم تعد هذه القسيمة مستخدمة.",
  coupon_expired: () => "انتهت صلاحية هذه القسيمة.",
  coupon_redeemed: () => "استُخدمت هذه القسيمة من قبل.",
  award_inactive: () => "لم يعد هذا متاحًا.",
  not_started: ({ moment }) => `متاح ابتداءً من ${moment}.`,
  not_redeemable_yet: ({ moment }) => `يمكن استخدامه ابتداءً من ${moment}.`,
  award_ended: () => "انتهى هذا العرض.",
  code_limit_reached: () => "استُخدم هذا الرمز بالحد الأقصى المسموح.",
  customer_limit_reached: () => "استخدمت هذا بالحد الأقصى المسموح.",
  award_limit_reached: () => "استُخدمت جميعها.",
  locked_by_another: ({ moment }) => `هذه القسيمة قيد الاستخدام في مكان آخر. ستتاح في ${moment} على الأكثر.`,
  minimum_order: ({ money }) => `أضف ${money} لاستخدامها.`,
  maximum_order: ({ money }) => `الطلب أكبر من المسموح بمقدار ${money}.`,
  wrong_currency: () => "لا يمكن استخدامها بهذه العملة.",
  nothing_in_scope: () => "لا شيء في الطلب يشمله هذا العرض.",
  wrong_weekday: ({ moment }) => (moment ? `ليس في هذا اليوم من الأسبوع. يمكن استخدامها ابتداءً من ${moment}.` : "ليس في هذا اليوم من الأسبوع."),
  wrong_month_day: ({ moment }) => (moment ? `ليس في هذا اليوم من الشهر. يمكن استخدامها ابتداءً من ${moment}.` : "ليس في هذا اليوم من الشهر."),
  wrong_hour: ({ moment }) => (moment ? `ليس في هذه الساعة. يمكن استخدامها ابتداءً من ${moment}.` : "ليس في هذه الساعة."),
  too_soon: ({ moment }) => `استخدمت هذا مؤخرًا. يمكنك ذلك مجددًا ابتداءً من ${moment}.`,
  registered_outside: () => "هذا لعملاء سجّلوا في وقت آخر.",
  too_many_orders: () => "هذا للعملاء الجدد فقط.",
  not_first_order: () => "هذا للطلب الأول فقط.",
  wrong_location: () => "لا يمكن استخدامها في هذا الموقع.",
  location_unknown: ({ place }) => `لا يوجد موقع باسم «${place}».`,
  wrong_channel: () => "لا يمكن استخدامها لطلبات من هذا النوع.",
  cannot_combine: ({ codes }) => `أزل ${codes} لاستخدامها.`,
  customer_needed: () => "عرّف بنفسك لاستخدامها.",
  reference_in_use: () => "قسائم أخرى محجوزة تحت هذا المرجع.",
  lock_unknown: () => "لا شيء محجوز تحت هذا المرجع.",
  lock_released: () => "أُلغي الحجز.",
  lock_expired: ({ moment }) => `انتهى الحجز في ${moment}.`,
  lock_burned: () => "استخدمت معاملة أخرى القسائم المحجوزة.",
  order_cancelled: () => "أُلغي الطلب.",
  busy: () => "كثيرون يستخدمونها الآن. حاول مرة أخرى.",
};

const LANGUAGES = new Map<string, Sentences>([
  ["en", ENGLISH],
  ["de", GERMAN],
  ["fr", FRENCH],
  ["ar", ARABIC],
]);

/** The sentence in the reader's language, English where we have no other; times are the shop's. `locale` is one that formatting accepts. */
export function refusalSentence(refusal: UseRefusal | CallRefusal, reader: RefusalReader): string {
  const language = LANGUAGES.get(reader.locale.split("-")[0] ?? "en") ?? ENGLISH;
  return language[refusal.reason](namedBy(refusal, reader));
}

function namedBy(refusal: UseRefusal | CallRefusal, { locale, timeZone }: RefusalReader): Named {
  const named: Named = { money: "", moment: "", codes: "", place: "" };
  const moment = (instant: string | null) => (instant === null ? "" : new Date(instant).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short", timeZone }));
  switch (refusal.reason) {
    case "minimum_order":
      return { ...named, money: formatMoney(refusal.missingMinor, refusal.currency, locale) };
    case "maximum_order":
      return { ...named, money: formatMoney(refusal.excessMinor, refusal.currency, locale) };
    case "not_started":
      return { ...named, moment: moment(refusal.startsAt) };
    case "not_redeemable_yet":
      return { ...named, moment: moment(refusal.redeemableFrom) };
    case "locked_by_another":
      return { ...named, moment: moment(refusal.until) };
    case "wrong_weekday":
    case "wrong_month_day":
    case "wrong_hour":
      return { ...named, moment: moment(refusal.opensAt) };
    case "too_soon":
      return { ...named, moment: moment(refusal.from) };
    case "lock_expired":
      return { ...named, moment: moment(refusal.expiredAt) };
    case "location_unknown":
      return { ...named, place: refusal.location };
    case "cannot_combine":
      return { ...named, codes: new Intl.ListFormat(locale).format(refusal.codes) };
    default:
      return named;
  }
}
