/** What the sentence of an award's terms is made of, one table for each language. `{n}` is the count, written as the reader writes numbers. Pure. */

/** One phrase for each plural form that the language has. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export interface TermWords {
  /** Between two terms. */
  separator: string;
  off(amount: string): string;
  offVariable(values: { least: string; most: string; leastPoints: string; mostPoints: string; pointsName: string }): string;
  freeShipping: string;
  freeProduct: string;
  custom: string;
  atMost(amount: string): string;
  on(things: string): string;
  products: Forms;
  variants: Forms;
  collections: Forms;
  ordersFrom(amount: string): string;
  ordersUpTo(amount: string): string;
  ordersBetween(least: string, most: string): string;
  usesPerCustomer: Forms;
  redeemGap: Forms;
  firstOrder: string;
  maxOrders: Forms;
  registeredFrom(day: string): string;
  registeredUntil(day: string): string;
  registeredBetween(first: string, last: string): string;
  weekdays(days: string): string;
  monthDays(days: string): string;
  hours(from: string, until: string): string;
  onlineOnly: string;
  storesOnly: string;
  locations: Forms;
  zones(names: string): string;
  concepts(names: string): string;
  months: Forms;
  forever: string;
  redeemableFrom(day: string): string;
  validThatDay: string;
  validDays: Forms;
  validThatMonth: string;
  validMonths: Forms;
  validUntil(day: string): string;
}

const ENGLISH: TermWords = {
  separator: ", ",
  off: (amount) => `${amount} off`,
  offVariable: ({ least, most, leastPoints, mostPoints, pointsName }) => `${least} to ${most} off for ${leastPoints} to ${mostPoints} ${pointsName}`,
  freeShipping: "Free shipping",
  freeProduct: "Free product",
  custom: "A reward",
  atMost: (amount) => `at most ${amount}`,
  on: (things) => `on ${things}`,
  products: { one: "{n} product", other: "{n} products" },
  variants: { one: "{n} variant", other: "{n} variants" },
  collections: { one: "{n} collection", other: "{n} collections" },
  ordersFrom: (amount) => `orders from ${amount}`,
  ordersUpTo: (amount) => `orders up to ${amount}`,
  ordersBetween: (least, most) => `orders from ${least} to ${most}`,
  usesPerCustomer: { one: "once per customer", other: "up to {n} times per customer" },
  redeemGap: { one: "at most once a day", other: "at most once every {n} days" },
  firstOrder: "first order only",
  maxOrders: { one: "for customers with at most {n} order before", other: "for customers with at most {n} orders before" },
  registeredFrom: (day) => `for customers registered from ${day}`,
  registeredUntil: (day) => `for customers registered until ${day}`,
  registeredBetween: (first, last) => `for customers registered from ${first} to ${last}`,
  weekdays: (days) => `on ${days}`,
  monthDays: (days) => `on day ${days} of the month`,
  hours: (from, until) => `from ${from} to ${until}`,
  onlineOnly: "online only",
  storesOnly: "in stores only",
  locations: { one: "at {n} location", other: "at {n} locations" },
  zones: (names) => `in the area of ${names}`,
  concepts: (names) => `at stores of the kind ${names}`,
  months: { one: "for {n} month of a subscription", other: "for {n} months of a subscription" },
  forever: "for every payment of a subscription",
  redeemableFrom: (day) => `can be used from ${day}`,
  validThatDay: "valid on the day it is given",
  validDays: { one: "valid until the end of the next day", other: "valid for {n} days after it is given" },
  validThatMonth: "valid until the end of the month",
  validMonths: { one: "valid until the end of the next month", other: "valid until the end of the month {n} months later" },
  validUntil: (day) => `valid until ${day}`,
};

const GERMAN: TermWords = {
  separator: ", ",
  off: (amount) => `${amount} Rabatt`,
  offVariable: ({ least, most, leastPoints, mostPoints, pointsName }) => `${least} bis ${most} Rabatt für ${leastPoints} bis ${mostPoints} ${pointsName}`,
  freeShipping: "Kostenloser Versand",
  freeProduct: "Gratisartikel",
  custom: "Eine Prämie",
  atMost: (amount) => `höchstens ${amount}`,
  on: (things) => `auf ${things}`,
  products: { one: "{n} Artikel", other: "{n} Artikel" },
  variants: { one: "{n} Variante", other: "{n} Varianten" },
  collections: { one: "{n} Kollektion", other: "{n} Kollektionen" },
  ordersFrom: (amount) => `Bestellungen ab ${amount}`,
  ordersUpTo: (amount) => `Bestellungen bis ${amount}`,
  ordersBetween: (least, most) => `Bestellungen von ${least} bis ${most}`,
  usesPerCustomer: { one: "einmal pro Person", other: "bis zu {n}-mal pro Person" },
  redeemGap: { one: "höchstens einmal am Tag", other: "höchstens einmal alle {n} Tage" },
  firstOrder: "nur für die erste Bestellung",
  maxOrders: { one: "nur mit höchstens {n} früheren Bestellung", other: "nur mit höchstens {n} früheren Bestellungen" },
  registeredFrom: (day) => `nur mit Kundenkonto seit ${day} oder später`,
  registeredUntil: (day) => `nur mit Kundenkonto seit ${day} oder früher`,
  registeredBetween: (first, last) => `nur mit Kundenkonto aus der Zeit von ${first} bis ${last}`,
  weekdays: (days) => `nur ${days}`,
  monthDays: (days) => `nur am ${days}. des Monats`,
  hours: (from, until) => `von ${from} bis ${until} Uhr`,
  onlineOnly: "nur online",
  storesOnly: "nur im Laden",
  locations: { one: "an {n} Standort", other: "an {n} Standorten" },
  zones: (names) => `im Gebiet ${names}`,
  concepts: (names) => `in Läden der Art ${names}`,
  months: { one: "für {n} Monat eines Abos", other: "für {n} Monate eines Abos" },
  forever: "für jede Zahlung eines Abos",
  redeemableFrom: (day) => `einlösbar ab ${day}`,
  validThatDay: "gültig am Tag der Ausgabe",
  validDays: { one: "gültig bis zum Ende des nächsten Tages", other: "gültig bis {n} Tage nach der Ausgabe" },
  validThatMonth: "gültig bis zum Monatsende",
  validMonths: { one: "gültig bis zum Ende des nächsten Monats", other: "gültig bis zum Monatsende {n} Monate später" },
  validUntil: (day) => `gültig bis ${day}`,
};

const FRENCH: TermWords = {
  separator: ", ",
  off: (amount) => `${amount} de réduction`,
  offVariable: ({ least, most, leastPoints, mostPoints, pointsName }) => `de ${least} à ${most} de réduction pour ${leastPoints} à ${mostPoints} ${pointsName}`,
  freeShipping: "Livraison offerte",
  freeProduct: "Produit offert",
  custom: "Une récompense",
  atMost: (amount) => `au plus ${amount}`,
  on: (things) => `sur ${things}`,
  products: { one: "{n} produit", other: "{n} produits" },
  variants: { one: "{n} variante", other: "{n} variantes" },
  collections: { one: "{n} collection", other: "{n} collections" },
  ordersFrom: (amount) => `commandes à partir de ${amount}`,
  ordersUpTo: (amount) => `commandes jusqu’à ${amount}`,
  ordersBetween: (least, most) => `commandes de ${least} à ${most}`,
  usesPerCustomer: { one: "une fois par client", other: "jusqu’à {n} fois par client" },
  redeemGap: { one: "au plus une fois par jour", other: "au plus une fois tous les {n} jours" },
  firstOrder: "première commande uniquement",
  maxOrders: { one: "pour les clients ayant au plus {n} commande passée", other: "pour les clients ayant au plus {n} commandes passées" },
  registeredFrom: (day) => `pour les clients inscrits à partir du ${day}`,
  registeredUntil: (day) => `pour les clients inscrits jusqu’au ${day}`,
  registeredBetween: (first, last) => `pour les clients inscrits du ${first} au ${last}`,
  weekdays: (days) => `le ${days}`,
  monthDays: (days) => `le ${days} du mois`,
  hours: (from, until) => `de ${from} à ${until}`,
  onlineOnly: "en ligne uniquement",
  storesOnly: "en magasin uniquement",
  locations: { one: "dans {n} lieu", other: "dans {n} lieux" },
  zones: (names) => `dans la zone ${names}`,
  concepts: (names) => `dans les magasins de type ${names}`,
  months: { one: "pendant {n} mois d’abonnement", other: "pendant {n} mois d’abonnement" },
  forever: "à chaque paiement de l’abonnement",
  redeemableFrom: (day) => `utilisable à partir du ${day}`,
  validThatDay: "valable le jour de l’émission",
  validDays: { one: "valable jusqu’à la fin du jour suivant", other: "valable {n} jours après l’émission" },
  validThatMonth: "valable jusqu’à la fin du mois",
  validMonths: { one: "valable jusqu’à la fin du mois suivant", other: "valable jusqu’à la fin du mois {n} mois plus tard" },
  validUntil: (day) => `valable jusqu’au ${day}`,
};

const ARABIC: TermWords = {
  separator: "، ",
  off: (amount) => `خصم ${amount}`,
  offVariable: ({ least, most, leastPoints, mostPoints, pointsName }) => `خصم من ${least} إلى ${most} مقابل ${leastPoints} إلى ${mostPoints} ${pointsName}`,
  freeShipping: "شحن مجاني",
  freeProduct: "منتج مجاني",
  custom: "مكافأة",
  atMost: (amount) => `بحد أقصى ${amount}`,
  on: (things) => `على ${things}`,
  products: { one: "منتج واحد", two: "منتجين", few: "{n} منتجات", many: "{n} منتجًا", other: "{n} منتج" },
  variants: { one: "نسخة واحدة", two: "نسختين", few: "{n} نسخ", other: "{n} نسخة" },
  collections: { one: "مجموعة واحدة", two: "مجموعتين", few: "{n} مجموعات", other: "{n} مجموعة" },
  ordersFrom: (amount) => `للطلبات من ${amount} فأكثر`,
  ordersUpTo: (amount) => `للطلبات حتى ${amount}`,
  ordersBetween: (least, most) => `للطلبات من ${least} إلى ${most}`,
  usesPerCustomer: { one: "مرة واحدة لكل عميل", two: "حتى مرتين لكل عميل", few: "حتى {n} مرات لكل عميل", other: "حتى {n} مرة لكل عميل" },
  redeemGap: { one: "مرة واحدة في اليوم كحد أقصى", two: "مرة واحدة كل يومين كحد أقصى", few: "مرة واحدة كل {n} أيام كحد أقصى", many: "مرة واحدة كل {n} يومًا كحد أقصى", other: "مرة واحدة كل {n} يوم كحد أقصى" },
  firstOrder: "للطلب الأول فقط",
  maxOrders: { one: "لمن لديهم طلب سابق واحد على الأكثر", two: "لمن لديهم طلبان سابقان على الأكثر", few: "لمن لديهم {n} طلبات سابقة على الأكثر", many: "لمن لديهم {n} طلبًا سابقًا على الأكثر", other: "لمن لديهم {n} طلب سابق على الأكثر" },
  registeredFrom: (day) => `للعملاء المسجلين ابتداءً من ${day}`,
  registeredUntil: (day) => `للعملاء المسجلين حتى ${day}`,
  registeredBetween: (first, last) => `للعملاء المسجلين من ${first} إلى ${last}`,
  weekdays: (days) => `أيام ${days}`,
  monthDays: (days) => `في اليوم ${days} من الشهر`,
  hours: (from, until) => `من ${from} إلى ${until}`,
  onlineOnly: "عبر الإنترنت فقط",
  storesOnly: "في المتاجر فقط",
  locations: { one: "في موقع واحد", two: "في موقعين", few: "في {n} مواقع", many: "في {n} موقعًا", other: "في {n} موقع" },
  zones: (names) => `في منطقة ${names}`,
  concepts: (names) => `في متاجر من نوع ${names}`,
  months: { one: "لشهر واحد من الاشتراك", two: "لشهرين من الاشتراك", few: "لمدة {n} أشهر من الاشتراك", many: "لمدة {n} شهرًا من الاشتراك", other: "لمدة {n} شهر من الاشتراك" },
  forever: "مع كل دفعة من الاشتراك",
  redeemableFrom: (day) => `تُستخدم ابتداءً من ${day}`,
  validThatDay: "صالحة في يوم الإصدار",
  validDays: { one: "صالحة حتى نهاية اليوم التالي", two: "صالحة ليومين بعد الإصدار", few: "صالحة {n} أيام بعد الإصدار", many: "صالحة {n} يومًا بعد الإصدار", other: "صالحة {n} يوم بعد الإصدار" },
  validThatMonth: "صالحة حتى نهاية الشهر",
  validMonths: { one: "صالحة حتى نهاية الشهر التالي", two: "صالحة حتى نهاية الشهر بعد شهرين", few: "صالحة حتى نهاية الشهر بعد {n} أشهر", many: "صالحة حتى نهاية الشهر بعد {n} شهرًا", other: "صالحة حتى نهاية الشهر بعد {n} شهر" },
  validUntil: (day) => `صالحة حتى ${day}`,
};

const LANGUAGES: ReadonlyMap<string, TermWords> = new Map([
  ["en", ENGLISH],
  ["de", GERMAN],
  ["fr", FRENCH],
  ["ar", ARABIC],
]);

/** Languages that terms are told in. */
export const TERM_LANGUAGES = [...LANGUAGES.keys()];

/** The words for a reader and the locale to write numbers and days in: both English where we have no words of the reader's. */
export function termWords(locale: string): { words: TermWords; locale: string } {
  const words = LANGUAGES.get(locale.split("-")[0]?.toLowerCase() ?? "");
  return words ? { words, locale } : { words: ENGLISH, locale: "en" };
}
