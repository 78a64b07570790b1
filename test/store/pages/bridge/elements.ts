/** The custom elements of App Bridge that the admin draws outside the frame: navigation, title bar, save bar. */
import type { BarItem } from "./protocol";
import { listen, tell } from "./port";

const pressable = new Map<number, HTMLElement>();
const numbers = new WeakMap<HTMLElement, number>();

/** Describes the buttons and links inside an element, so that the admin can draw them. */
export function itemsOf(element: Element): BarItem[] {
  return [...element.querySelectorAll<HTMLElement>("button, a, s-link")].map((item) => {
    const button = numbers.get(item) ?? pressable.size + 1;
    numbers.set(item, button);
    pressable.set(button, item);
    return {
      button,
      text: item.textContent?.trim() ?? "",
      href: item.getAttribute("href"),
      rel: item.getAttribute("rel"),
      primary: item.getAttribute("variant") === "primary",
      critical: item.getAttribute("tone") === "critical",
      disabled: item.hasAttribute("disabled") && item.getAttribute("disabled") !== "false",
      loading: item.hasAttribute("loading") && item.getAttribute("loading") !== "false",
    };
  });
}

listen((message) => {
  if (message.type === "press") pressable.get(message.button)?.click();
});

/** An element that is never seen itself and reports every change of what is inside it. */
export abstract class Reported extends HTMLElement {
  private observer: MutationObserver | null = null;

  connectedCallback(): void {
    this.style.display = "none";
    this.observer = new MutationObserver(() => this.report());
    const attributeFilter = ["title", "href", "disabled", "variant", "loading", "tone"];
    this.observer.observe(this, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter });
    this.report();
  }

  disconnectedCallback(): void {
    this.observer?.disconnect();
    this.withdraw();
  }

  protected abstract report(): void;
  protected abstract withdraw(): void;
}

/** ui-nav-menu and s-app-nav: the app's entries in the admin's own navigation. */
class NavMenu extends Reported {
  protected report(): void {
    tell({ type: "nav", items: itemsOf(this) });
  }
  protected withdraw(): void {
    // The entries stay until another menu replaces them, as in the admin.
  }
}

class TitleBar extends Reported {
  protected report(): void {
    if (this.closest("ui-modal")) return; // there it names the modal
    tell({ type: "title", title: this.getAttribute("title") ?? document.title, items: itemsOf(this) });
  }
  protected withdraw(): void {
    tell({ type: "title", title: null, items: [] });
  }
}

/** What ui-save-bar and ui-modal have in common: shown and hidden by methods, with an event for each. */
export abstract class Shown extends Reported {
  showing = false;

  async show(): Promise<void> {
    if (this.showing) return;
    this.showing = true;
    this.open();
    this.dispatchEvent(new Event("show"));
  }
  async hide(): Promise<void> {
    if (!this.showing) return;
    this.showing = false;
    this.close();
    this.dispatchEvent(new Event("hide"));
  }
  toggle(): Promise<void> {
    return this.showing ? this.hide() : this.show();
  }
  protected report(): void {
    if (this.showing) this.open();
  }
  protected withdraw(): void {
    void this.hide();
  }
  protected abstract open(): void;
  protected abstract close(): void;
}

class SaveBar extends Shown {
  protected open(): void {
    const items = itemsOf(this);
    const confirmation = this.getAttribute("discardconfirmation") ?? this.getAttribute("discard-confirmation");
    tell({
      type: "saveBar",
      state: {
        save: items.find((item) => item.primary) ?? null,
        discard: items.find((item) => !item.primary) ?? null,
        discardConfirmation: confirmation !== null && confirmation !== "false",
      },
    });
  }
  protected close(): void {
    tell({ type: "saveBar", state: null });
  }
}

/** Registers the elements; each is a class of its own because a class registers once. */
export function defineElements(): void {
  customElements.define("ui-nav-menu", NavMenu);
  customElements.define("s-app-nav", class extends NavMenu {});
  customElements.define("ui-title-bar", TitleBar);
  customElements.define("ui-save-bar", SaveBar);
}
