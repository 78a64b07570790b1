/** The s-* elements an extension finds in its worker: those it uses, with the properties and events that cross over. */
import { createRemoteElement, type RemoteElement } from "@remote-dom/core/elements";

const BOOLEANS = ["disabled", "loading", "dismissible", "hidden"];

interface ElementShape {
  properties: string[];
  events?: string[];
  /** Events that bring the element's new value with them. */
  changes?: string[];
}

const BOX = ["accessibilityRole", "accessibilityLabel", "background", "border", "borderRadius", "padding", "display"];

const ELEMENTS: Record<string, ElementShape> = {
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
  "s-select": { properties: ["label", "value", "disabled"], changes: ["change"] },
  "s-option": { properties: ["value"] },
  "s-spinner": { properties: ["accessibilityLabel", "size"] },
  "s-skeleton-paragraph": { properties: ["content"] },
};

/** Defines them in the (remote) document of this worker. */
export function defineElements(): void {
  for (const [name, { properties, events = [], changes = [] }] of Object.entries(ELEMENTS)) {
    const element = createRemoteElement({
      properties: Object.fromEntries(properties.map((property) => [property, { type: BOOLEANS.includes(property) ? Boolean : String }])),
      events: Object.fromEntries([...events.map((event) => [event, {}]), ...changes.map((event) => [event, { dispatchEvent: withValue(event) }])]),
    });
    customElements.define(name, element);
  }
}

function withValue(type: string) {
  return function (this: RemoteElement, value: string): Event {
    this.updateRemoteProperty("value", value);
    return new Event(type);
  };
}
