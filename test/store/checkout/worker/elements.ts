/** The s-* elements an extension finds in its worker: those it uses, with the properties and events that cross over. */

const BOOLEANS = ["disabled", "loading", "dismissible", "hidden"];

interface ElementShape {
  properties: string[];
  events?: string[];
}

const BOX = ["accessibilityRole", "accessibilityLabel", "background", "border", "borderRadius", "padding", "display"];

export const ELEMENTS: Record<string, ElementShape> = {
  "s-box": { properties: BOX },
  "s-stack": { properties: [...BOX, "direction", "gap", "alignItems", "justifyContent"] },
  "s-grid": { properties: [...BOX, "gridTemplateColumns", "gap", "columnGap", "rowGap", "alignItems"] },
  "s-heading": { properties: ["accessibilityRole"] },
  "s-text": { properties: ["type", "color", "tone"] },
  "s-paragraph": { properties: ["type", "color", "tone"] },
  "s-badge": { properties: ["tone", "size"] },
  "s-divider": { properties: ["direction"] },
  "s-banner": { properties: ["heading", "tone", "dismissible", "hidden"], events: ["dismiss"] },
  "s-button": { properties: ["variant", "tone", "loading", "disabled", "accessibilityLabel", "type"], events: ["click"] },
  "s-spinner": { properties: ["accessibilityLabel", "size"] },
  "s-skeleton-paragraph": { properties: ["content"] },
};

/** How a property of an element travels. */
export function propertyType(name: string): { type: typeof Boolean | typeof String } {
  return { type: BOOLEANS.includes(name) ? Boolean : String };
}
