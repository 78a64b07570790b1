/** The wire to the admin page around the frame. */
import { isOurs, type Answers, type Asked, type Envelope, type ToFrame, type Told } from "./protocol";

const waiting = new Map<number, (answer: never) => void>();
const listeners = new Set<(message: ToFrame) => void>();
let questions = 0;

/** Tells the admin something. The admin checks who speaks, so the target may be any origin: nothing secret is told. */
export function tell(message: Told): void {
  window.parent.postMessage({ localStore: true, ...message }, "*");
}

/** Asks the admin; resolves with its answer. */
export function ask<Question extends Asked>(message: Question): Promise<Answers[Question["type"]]> {
  const question = ++questions;
  return new Promise((resolve) => {
    waiting.set(question, resolve);
    window.parent.postMessage({ localStore: true, question, ...message }, "*");
  });
}

/** Hears what the admin says, except answers. */
export function listen(listener: (message: ToFrame) => void): void {
  listeners.add(listener);
}

window.addEventListener("message", (event) => {
  if (event.source !== window.parent || !isOurs(event.data)) return;
  const message = event.data as Envelope<ToFrame>;
  if (message.type !== "answer") {
    for (const listener of listeners) listener(message);
    return;
  }
  waiting.get(message.question)?.(message.answer as never);
  waiting.delete(message.question);
});
