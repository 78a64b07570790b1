/** ui-modal, drawn as a dialog inside the frame. */
import { Shown } from "./elements";

const STYLE = `
  .local-store-modal { border: 0; border-radius: 12px; padding: 0; width: min(620px, calc(100vw - 32px)); box-shadow: 0 8px 40px #0005; font: 13px/20px Inter, system-ui, sans-serif; }
  .local-store-modal[data-variant=small] { width: min(380px, calc(100vw - 32px)); }
  .local-store-modal[data-variant=large], .local-store-modal[data-variant=max] { width: min(980px, calc(100vw - 32px)); }
  .local-store-modal::backdrop { background: #0008; }
  .local-store-modal > header { display: flex; align-items: center; padding: 12px 16px; background: #f3f3f3; border-bottom: 1px solid #e3e3e3; }
  .local-store-modal > header h2 { flex: 1; margin: 0; font-size: 14px; font-weight: 650; }
  .local-store-modal > footer { display: flex; justify-content: flex-end; gap: 8px; padding: 12px 16px; border-top: 1px solid #e3e3e3; }
  .local-store-modal > footer:empty { display: none; }
  .local-store-modal > header button { border: 0; background: none; padding: 4px 8px; border-radius: 8px; font-size: 16px; cursor: pointer; }
  .local-store-modal > footer button { font: 600 12px/16px Inter, system-ui, sans-serif; padding: 6px 12px; border-radius: 8px; border: 1px solid #8a8a8a; background: #fff; cursor: pointer; }
  .local-store-modal > footer button[data-primary] { background: #303030; color: #fff; border-color: #303030; }
  .local-store-modal > footer button[data-critical] { background: #c70a24; color: #fff; border-color: #c70a24; }`;

let modals = 0;

class Modal extends Shown {
  private dialog: HTMLDialogElement | null = null;

  /** app-bridge-react draws the modal's children into this element as soon as it holds the reference. */
  get content(): HTMLElement {
    const content = this.box().querySelector<HTMLElement>("[data-content]");
    if (!content) throw new Error("the modal has lost its content");
    return content;
  }

  private box(): HTMLDialogElement {
    if (this.dialog) return this.dialog;
    const dialog = document.createElement("dialog");
    const heading = `local-store-modal-${++modals}`;
    dialog.className = "local-store-modal";
    dialog.setAttribute("aria-labelledby", heading);
    dialog.innerHTML = `<style>${STYLE}</style><header><h2 id="${heading}"></h2><button type="button" aria-label="Close">✕</button></header><div data-content></div><footer></footer>`;
    dialog.addEventListener("close", () => void this.hide());
    dialog.querySelector("header button")?.addEventListener("click", () => void this.hide());
    document.body.append(dialog);
    this.dialog = dialog;
    return dialog;
  }

  protected open(): void {
    const dialog = this.box();
    dialog.dataset.variant = this.getAttribute("variant") ?? "base";
    const bar = this.querySelector("ui-title-bar");
    const heading = dialog.querySelector("h2");
    if (heading) heading.textContent = bar?.getAttribute("title") ?? "";
    const buttons = [...(bar?.querySelectorAll("button") ?? [])].reverse().map(copyOf);
    dialog.querySelector("footer")?.replaceChildren(...buttons);
    if (!dialog.open) dialog.showModal();
  }

  protected close(): void {
    this.dialog?.close();
  }

  protected override withdraw(): void {
    super.withdraw();
    this.dialog?.remove();
    this.dialog = null;
  }
}

function copyOf(button: HTMLButtonElement): HTMLButtonElement {
  const copy = document.createElement("button");
  copy.type = "button";
  copy.textContent = button.textContent;
  copy.disabled = button.disabled;
  copy.toggleAttribute("data-primary", button.getAttribute("variant") === "primary");
  copy.toggleAttribute("data-critical", button.getAttribute("tone") === "critical");
  copy.addEventListener("click", () => button.click());
  return copy;
}

/** Registers ui-modal. */
export function defineModal(): void {
  customElements.define("ui-modal", Modal);
}
