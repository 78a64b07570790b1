/** `<form data-save-bar>`: the save bar comes with the first change and drives submit and reset. */

/** Watches every such form of the page, present and future. */
export function watchForms(): void {
  document.addEventListener("input", (event) => changed(event.target));
  document.addEventListener("change", (event) => changed(event.target));
}

const bars = new WeakMap<HTMLFormElement, UISaveBarElement>();

function changed(target: EventTarget | null): void {
  const form = target instanceof Element ? target.closest<HTMLFormElement>("form[data-save-bar]") : null;
  if (form) void barOf(form).show();
}

function barOf(form: HTMLFormElement): UISaveBarElement {
  const known = bars.get(form);
  if (known?.isConnected) return known;
  const bar = document.createElement("ui-save-bar") as unknown as UISaveBarElement;
  if (form.hasAttribute("data-discard-confirmation")) bar.setAttribute("discardconfirmation", "");
  bar.append(button("Save", () => form.requestSubmit(), "primary"), button("Discard", () => form.reset()));
  form.addEventListener("submit", () => void bar.hide());
  form.addEventListener("reset", () => void bar.hide());
  form.append(bar);
  bars.set(form, bar);
  return bar;
}

function button(text: string, press: () => void, variant?: "primary"): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  if (variant) element.setAttribute("variant", variant);
  element.addEventListener("click", press);
  return element;
}
