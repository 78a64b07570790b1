/** What the demo shop sells: a small roastery in Berlin. */
import { draw, type Shape } from "./pictures";

export const SHOP = { name: "Linden Coffee", currency: "EUR", timeZone: "Europe/Berlin", shippingMinor: 490 };

interface Item {
  title: string;
  description: string;
  productType: string;
  shape: Shape;
  colours: [colour: string, ground: string];
  variants: { title?: string; price: string; giftCard?: boolean }[];
}

const ITEMS: Item[] = [
  item("Sidamo, washed", "Jasmine, bergamot, honey. Roasted light for filter.", "Coffee", "bag", ["#b5533c", "#f3e3d3"], [["250 g", "13.90"], ["1 kg", "46.00"]]),
  item("Linden espresso", "Our house blend: hazelnut, dark chocolate, a round body.", "Coffee", "bag", ["#0b5c4b", "#e3ede6"], [["250 g", "11.50"], ["1 kg", "38.00"]]),
  item("Huila decaf", "Sugar-cane process. Red apple and caramel, late at night.", "Coffee", "bag", ["#8a6fb0", "#ece6f3"], [["250 g", "12.90"]]),
  item("Yirga natural", "Blueberry and cacao, slow and sweet.", "Coffee", "jar", ["#7c4a2d", "#f1e6da"], [["200 g", "15.50"]]),
  item("Porcelain dripper", "Fired in Thuringia, for one or two cups.", "Brewing", "dripper", ["#e9b44c", "#fbf1dc"], [["", "32.00"]]),
  item("Gooseneck kettle", "0.9 litres, pours where you point.", "Brewing", "kettle", ["#3f6b8a", "#e0eaf1"], [["", "64.00"]]),
  item("Hand grinder", "Steel burrs, forty steps, thirty seconds a cup.", "Brewing", "grinder", ["#6d7f7a", "#e8ecea"], [["", "89.00"]]),
  item("Paper filters, 100", "Unbleached, for the dripper.", "Brewing", "filter", ["#d9c7a8", "#f6f0e5"], [["", "6.90"]]),
  item("Stoneware cup", "Thrown by hand; no two alike.", "Table", "cup", ["#b5533c", "#f6e9e4"], [["Brick", "18.00"], ["Moss", "18.00"], ["Sand", "18.00"]]),
  item("French press", "Eight cups for long breakfasts.", "Brewing", "press", ["#0b5c4b", "#eef0e4"], [["", "42.00"]]),
  item("Cold brew bottle", "Fill at night, drink at noon.", "Brewing", "bottle", ["#4f8fa3", "#e1eef1"], [["", "28.50"]]),
  item("Coffee scale", "A tenth of a gram, with a timer.", "Brewing", "scale", ["#c9ced1", "#f0f2f3"], [["", "49.00"]]),
  item("Tasting box", "Four coffees of the season, 100 g each.", "Gifts", "box", ["#b5533c", "#f8e8d8"], [["", "29.00"]]),
  { ...item("Gift card", "By e-mail, for whoever knows what they like.", "Gifts", "card", ["#0b5c4b", "#e6efe9"], []), variants: [{ title: "25 EUR", price: "25.00", giftCard: true }, { title: "50 EUR", price: "50.00", giftCard: true }] },
];

function item(title: string, description: string, productType: string, shape: Shape, colours: [string, string], variants: [string, string][]): Item {
  return { title, description, productType, shape, colours, variants: variants.map(([name, price]) => (name ? { title: name, price } : { price })) };
}

/** The products as the local store takes them. */
export const PRODUCTS = ITEMS.map(({ shape, colours, ...product }) => ({ ...product, imageUrl: draw(shape, ...colours) }));

const FIRST = ["Anna", "Ben", "Clara", "David", "Emma", "Farid", "Greta", "Hannes", "Ilse", "Jonas", "Karim", "Lena", "Mats", "Nadia", "Oskar", "Paula", "Quirin", "Rosa", "Selim", "Tilda"];
const LAST = ["Albrecht", "Baumann", "Celik", "Dietrich", "Engel", "Fischer", "Graf", "Hoffmann", "Ivanova", "Jansen", "Keller", "Lindner", "Moreau", "Nowak", "Okafor", "Petersen", "Rossi", "Schubert", "Tanaka", "Vogel"];

/** Forty people. The first one is a regular, the second has just signed up: the demo's two customers. */
export const PEOPLE = Array.from({ length: 40 }, (_, index) => {
  const firstName = FIRST[index % FIRST.length] ?? "";
  const lastName = LAST[(index * 7 + Math.floor(index / FIRST.length)) % LAST.length] ?? "";
  return { firstName, lastName, email: `${firstName}.${lastName}@example.com`.toLowerCase() };
});
