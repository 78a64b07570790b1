/** Drawn product pictures: a ground, a table line and one shape, as data: addresses. */

export type Shape = "bag" | "cup" | "dripper" | "kettle" | "grinder" | "bottle" | "filter" | "scale" | "box" | "card" | "jar" | "press";

/** A picture of the shape in these two colours. */
export function draw(shape: Shape, colour: string, ground: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300"><rect width="400" height="300" fill="${ground}"/><ellipse cx="200" cy="246" rx="110" ry="12" fill="#000" opacity=".12"/>${BODIES[shape](colour)}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const PAPER = "#fdf9f1";
const DARK = "#2b241f";

const BODIES: Record<Shape, (colour: string) => string> = {
  bag: (c) => `<path d="M140 70h120l12 176H128z" fill="${c}"/><path d="M140 70h120l-4 26H144z" fill="${DARK}" opacity=".35"/><rect x="160" y="130" width="80" height="72" rx="6" fill="${PAPER}"/><circle cx="200" cy="158" r="14" fill="${c}"/><path d="M174 186h52" stroke="${DARK}" stroke-width="4"/>`,
  cup: (c) => `<path d="M130 120h130v70a56 56 0 0 1-56 56h-18a56 56 0 0 1-56-56z" fill="${c}"/><path d="M260 140h16a26 26 0 0 1 0 54h-20" fill="none" stroke="${c}" stroke-width="14"/><ellipse cx="195" cy="120" rx="65" ry="14" fill="${DARK}" opacity=".75"/>`,
  dripper: (c) => `<path d="M120 90h160l-52 92h-56z" fill="${c}"/><rect x="150" y="182" width="100" height="14" rx="6" fill="${DARK}"/><path d="M158 196h84l10 50H148z" fill="${PAPER}" opacity=".8"/><path d="M152 226h96l4 20H148z" fill="${DARK}" opacity=".6"/>`,
  kettle: (c) => `<path d="M150 130h110l14 116H136z" fill="${c}"/><path d="M140 210c-40-10-20-80-58-96" fill="none" stroke="${c}" stroke-width="12" stroke-linecap="round"/><path d="M262 140c50-10 60 60 14 88" fill="none" stroke="${DARK}" stroke-width="12"/><rect x="186" y="104" width="38" height="26" rx="8" fill="${DARK}"/>`,
  grinder: (c) => `<rect x="156" y="110" width="88" height="136" rx="12" fill="${c}"/><rect x="156" y="166" width="88" height="10" fill="${DARK}" opacity=".4"/><path d="M200 110V78h70" fill="none" stroke="${DARK}" stroke-width="10" stroke-linecap="round"/><circle cx="274" cy="78" r="13" fill="${DARK}"/>`,
  bottle: (c) => `<path d="M176 60h48v40c30 16 34 40 34 60v86H142v-86c0-20 4-44 34-60z" fill="${c}"/><rect x="172" y="46" width="56" height="24" rx="6" fill="${DARK}"/><rect x="158" y="160" width="84" height="50" rx="6" fill="${PAPER}"/>`,
  filter: (c) => `<path d="M110 100h150l-46 140a20 20 0 0 1-38 0z" fill="${PAPER}"/><path d="M130 92h150l-46 140a20 20 0 0 1-38 0z" fill="${c}"/><path d="M130 92h150l-8 24H138z" fill="${DARK}" opacity=".2"/>`,
  scale: (c) => `<rect x="96" y="176" width="208" height="70" rx="14" fill="${c}"/><rect x="116" y="152" width="168" height="24" rx="8" fill="${DARK}"/><rect x="156" y="196" width="88" height="32" rx="5" fill="${PAPER}"/><text x="200" y="220" font-family="monospace" font-size="22" text-anchor="middle" fill="${DARK}">18.0 g</text>`,
  box: (c) => `<path d="M110 130h180v116H110z" fill="${c}"/><path d="M100 104h200v34H100z" fill="${c}"/><path d="M100 104h200v34H100z" fill="${DARK}" opacity=".18"/><path d="M190 104h20v142h-20z" fill="${PAPER}"/><path d="M200 104c-50-50-70 0 0 0 70 0 50-50 0 0" fill="none" stroke="${PAPER}" stroke-width="9"/>`,
  card: (c) => `<rect x="96" y="96" width="208" height="132" rx="14" fill="${c}"/><circle cx="250" cy="140" r="24" fill="${PAPER}" opacity=".85"/><path d="M120 190h90M120 208h60" stroke="${PAPER}" stroke-width="7"/>`,
  jar: (c) => `<rect x="140" y="96" width="120" height="150" rx="18" fill="${c}" opacity=".85"/><rect x="146" y="74" width="108" height="28" rx="8" fill="${DARK}"/><rect x="140" y="150" width="120" height="96" rx="18" fill="${DARK}" opacity=".55"/>`,
  press: (c) => `<rect x="150" y="106" width="92" height="140" rx="10" fill="${PAPER}"/><rect x="150" y="166" width="92" height="80" rx="10" fill="${DARK}" opacity=".75"/><path d="M196 106V56" stroke="${DARK}" stroke-width="7"/><circle cx="196" cy="52" r="10" fill="${c}"/><path d="M242 130h32v86h-32" fill="none" stroke="${c}" stroke-width="13"/><rect x="144" y="98" width="104" height="14" rx="6" fill="${c}"/>`,
};
