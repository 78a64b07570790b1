/** What a shopper reads about a coupon that was not given, or was given back: one sentence, in their language. Pure. */

/** Values a sentence may name. */
export interface SentenceValues {
  pointsName: string;
  /** How many points are missing. */
  missingPoints?: string;
  /** How much money is missing, or too much, written out. */
  money?: string;
  /** A day, and a day with its hour, written out. */
  day?: string;
  moment?: string;
  /** Codes, as a list is written. */
  codes?: string;
}

type Sentence = (values: SentenceValues) => string;

const ENGLISH = {
  insufficient_points: ({ missingPoints, pointsName }) => `You need ${missingPoints} more ${pointsName}.`,
  below_minimum: ({ money }) => `Add ${money} more to use this.`,
  above_maximum: ({ money }) => `Your order is ${money} too large to use this.`,
  cannot_combine: ({ codes }) => `Remove ${codes} to use this.`,
  opens_later: ({ moment }) => (moment ? `You can use this from ${moment}.` : "This cannot be used now."),
  new_customers_only: () => "This is for new customers only.",
  first_order_only: () => "This is for a first order only.",
  in_stores_only: () => "This can be used in our stores only.",
  customer_max_reached: () => "You have had this as often as it can be redeemed.",
  coupon_max_reached: () => "All of these have been redeemed.",
  award_inactive: () => "This is no longer available.",
  not_started: ({ day }) => (day ? `Available from ${day}.` : "This is not available yet."),
  not_eligible: () => "This cannot be redeemed for points.",
  points_not_offered: ({ pointsName }) => `This cannot be redeemed for so many ${pointsName}.`,
  not_listed: () => "This is for other customers.",
  had_excluded_award: () => "You have had another reward that rules this one out.",
  out_of_codes: () => "There are none left right now. Please try again in a few minutes.",
  off_for_now: () => "This is not available right now.",
  coupon_expired: () => "This coupon has expired.",
  too_soon: ({ day }) => (day ? `You redeemed this recently. You can again from ${day}.` : "You redeemed this recently. Please try again later."),
  existing_sent: () => "You already have this coupon: apply it to your order.",
  error: () => "Something went wrong. Nothing was charged: please try again.",
  returning: ({ pointsName }) => `Your coupon is being withdrawn. Your ${pointsName} are back in a moment.`,
  returned: ({ pointsName }) => `Your ${pointsName} are back.`,
  already_redeemed: () => "This coupon was already used on an order.",
  locked: () => "This coupon is being used in a store right now. Please try again in a few minutes.",
  not_found: () => "This coupon is not yours, or no longer exists.",
} satisfies Record<string, Sentence>;

export type SentenceKey = keyof typeof ENGLISH;
type Sentences = Record<SentenceKey, Sentence>;

const GERMAN: Sentences = {
  insufficient_points: ({ missingPoints, pointsName }) => `Es fehlen noch ${missingPoints} ${pointsName}.`,
  below_minimum: ({ money }) => `Noch ${money} bis zum Mindestbestellwert.`,
  above_maximum: ({ money }) => `Deine Bestellung ist dafür um ${money} zu groß.`,
  cannot_combine: ({ codes }) => `Entferne ${codes}, um das einzulösen.`,
  opens_later: ({ moment }) => (moment ? `Einlösbar ab ${moment}.` : "Das ist gerade nicht einlösbar."),
  new_customers_only: () => "Nur für neue Kundinnen und Kunden.",
  first_order_only: () => "Nur für die erste Bestellung.",
  in_stores_only: () => "Nur in unseren Läden einlösbar.",
  customer_max_reached: () => "Du hast diese Prämie so oft eingelöst, wie es möglich ist.",
  coupon_max_reached: () => "Diese Prämie ist vergriffen.",
  award_inactive: () => "Diese Prämie gibt es nicht mehr.",
  not_started: ({ day }) => (day ? `Verfügbar ab ${day}.` : "Diese Prämie ist noch nicht verfügbar."),
  not_eligible: () => "Diese Prämie kann nicht mit Punkten eingelöst werden.",
  points_not_offered: ({ pointsName }) => `Mit so vielen ${pointsName} kann diese Prämie nicht eingelöst werden.`,
  not_listed: () => "Diese Prämie ist für andere Kundinnen und Kunden.",
  had_excluded_award: () => "Du hattest schon eine andere Prämie, die diese ausschließt.",
  out_of_codes: () => "Gerade ist kein Gutschein verfügbar. Bitte versuche es in ein paar Minuten noch einmal.",
  off_for_now: () => "Diese Prämie ist gerade nicht verfügbar.",
  coupon_expired: () => "Dieser Gutschein ist abgelaufen.",
  too_soon: ({ day }) => (day ? `Du hast diese Prämie vor Kurzem eingelöst. Ab ${day} geht es wieder.` : "Du hast diese Prämie vor Kurzem eingelöst. Bitte versuche es später noch einmal."),
  existing_sent: () => "Du hast diesen Gutschein schon: wende ihn auf deine Bestellung an.",
  error: () => "Etwas ist schiefgegangen. Es wurde nichts abgezogen: bitte versuche es noch einmal.",
  returning: ({ pointsName }) => `Dein Gutschein wird zurückgezogen. Gleich hast du deine ${pointsName} wieder.`,
  returned: ({ pointsName }) => `Du hast deine ${pointsName} wieder.`,
  already_redeemed: () => "Dieser Gutschein wurde schon für eine Bestellung verwendet.",
  locked: () => "Dieser Gutschein wird gerade in einem Laden verwendet. Bitte versuche es in ein paar Minuten noch einmal.",
  not_found: () => "Dieser Gutschein gehört dir nicht oder besteht nicht mehr.",
};

const FRENCH: Sentences = {
  insufficient_points: ({ missingPoints, pointsName }) => `Il vous manque ${missingPoints} ${pointsName}.`,
  below_minimum: ({ money }) => `Ajoutez encore ${money} pour l’utiliser.`,
  above_maximum: ({ money }) => `Votre commande dépasse de ${money} le montant permis.`,
  cannot_combine: ({ codes }) => `Retirez ${codes} pour l’utiliser.`,
  opens_later: ({ moment }) => (moment ? `Utilisable à partir du ${moment}.` : "Ceci n’est pas utilisable pour le moment."),
  new_customers_only: () => "Réservé aux nouveaux clients.",
  first_order_only: () => "Réservé à une première commande.",
  in_stores_only: () => "Utilisable uniquement dans nos magasins.",
  customer_max_reached: () => "Vous avez déjà utilisé cette récompense autant de fois que possible.",
  coupon_max_reached: () => "Cette récompense est épuisée.",
  award_inactive: () => "Cette récompense n’est plus disponible.",
  not_started: ({ day }) => (day ? `Disponible à partir du ${day}.` : "Cette récompense n’est pas encore disponible."),
  not_eligible: () => "Cette récompense ne s’échange pas contre des points.",
  points_not_offered: ({ pointsName }) => `Cette récompense ne s’échange pas contre ce nombre de ${pointsName}.`,
  not_listed: () => "Cette récompense est réservée à d’autres clients.",
  had_excluded_award: () => "Vous avez déjà eu une autre récompense qui exclut celle-ci.",
  out_of_codes: () => "Il n’en reste plus pour le moment. Réessayez dans quelques minutes.",
  off_for_now: () => "Cette récompense n’est pas disponible pour le moment.",
  coupon_expired: () => "Ce bon a expiré.",
  too_soon: ({ day }) => (day ? `Vous avez utilisé cette récompense récemment. Elle est de nouveau disponible à partir du ${day}.` : "Vous avez utilisé cette récompense récemment. Réessayez plus tard."),
  existing_sent: () => "Vous avez déjà ce bon : appliquez-le à votre commande.",
  error: () => "Une erreur s’est produite. Rien n’a été débité : réessayez.",
  returning: ({ pointsName }) => `Votre bon est en cours de retrait. Vos ${pointsName} reviennent dans un instant.`,
  returned: ({ pointsName }) => `Vos ${pointsName} sont de retour.`,
  already_redeemed: () => "Ce bon a déjà été utilisé pour une commande.",
  locked: () => "Ce bon est en cours d’utilisation dans un magasin. Réessayez dans quelques minutes.",
  not_found: () => "Ce bon n’est pas le vôtre ou n’existe plus.",
};

const ARABIC: Sentences = {
  insufficient_points: ({ missingPoints, pointsName }) => `ينقصك ${missingPoints} ${pointsName}.`,
  below_minimum: ({ money }) => `أضف ${money} لاستخدامها.`,
  above_maximum: ({ money }) => `طلبك أكبر من الحد المسموح بمقدار ${money}.`,
  cannot_combine: ({ codes }) => `أزل ${codes} لاستخدام هذه المكافأة.`,
  opens_later: ({ moment }) => (moment ? `يمكن استخدامها ابتداءً من ${moment}.` : "لا يمكن استخدامها الآن."),
  new_customers_only: () => "هذه للعملاء الجدد فقط.",
  first_order_only: () => "هذه لأول طلب فقط.",
  in_stores_only: () => "تُستخدم في متاجرنا فقط.",
  customer_max_reached: () => "استخدمت هذه المكافأة بالحد الأقصى المسموح.",
  coupon_max_reached: () => "نفدت هذه المكافأة.",
  award_inactive: () => "هذه المكافأة لم تعد متاحة.",
  not_started: ({ day }) => (day ? `متاحة ابتداءً من ${day}.` : "هذه المكافأة غير متاحة بعد."),
  not_eligible: () => "لا يمكن استبدال هذه المكافأة بالنقاط.",
  points_not_offered: ({ pointsName }) => `لا يمكن استبدال هذه المكافأة بهذا العدد من ${pointsName}.`,
  not_listed: () => "هذه المكافأة لعملاء آخرين.",
  had_excluded_award: () => "حصلت من قبل على مكافأة أخرى تستبعد هذه.",
  out_of_codes: () => "لا توجد قسائم متبقية الآن. حاول مرة أخرى بعد بضع دقائق.",
  off_for_now: () => "هذه المكافأة غير متاحة الآن.",
  coupon_expired: () => "انتهت صلاحية هذه القسيمة.",
  too_soon: ({ day }) => (day ? `استبدلت هذه المكافأة مؤخرًا. يمكنك استبدالها مجددًا ابتداءً من ${day}.` : "استبدلت هذه المكافأة مؤخرًا. حاول لاحقًا."),
  existing_sent: () => "لديك هذه القسيمة بالفعل: طبّقها على طلبك.",
  error: () => "حدث خطأ ما. لم يُخصم شيء: حاول مرة أخرى.",
  returning: ({ pointsName }) => `يجري سحب قسيمتك. ستعود إليك ${pointsName} بعد لحظات.`,
  returned: ({ pointsName }) => `عادت إليك ${pointsName}.`,
  already_redeemed: () => "استُخدمت هذه القسيمة في طلب من قبل.",
  locked: () => "تُستخدم هذه القسيمة الآن في أحد المتاجر. حاول مرة أخرى بعد بضع دقائق.",
  not_found: () => "هذه القسيمة ليست لك أو لم تعد موجودة.",
};

const LANGUAGES = new Map<string, Sentences>([
  ["en", ENGLISH],
  ["de", GERMAN],
  ["fr", FRENCH],
  ["ar", ARABIC],
]);

/** The sentence in the language of `locale`; English where we have no other. */
export function sentence(key: SentenceKey, locale: string, values: SentenceValues): string {
  const language = locale.split("-")[0] ?? "en";
  return (LANGUAGES.get(language) ?? ENGLISH)[key](values);
}

/** A day of the shop as a person writes it. */
export function writtenDay(instant: Date, locale: string, timeZone: string): string {
  return instant.toLocaleDateString(locale, { dateStyle: "medium", timeZone });
}

/** The same with its hour. */
export function writtenMoment(instant: Date, locale: string, timeZone: string): string {
  return instant.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short", timeZone });
}

/** A locale that formatting accepts: what an extension sends may be anything. */
export function safeLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? "en";
  } catch {
    return "en";
  }
}
