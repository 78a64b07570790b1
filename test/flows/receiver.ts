/** An integrator's server on loopback: hears what is posted to it, checks the signature, and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { isGenuine as checkSignature } from "../../docs/verify-webhook";

export interface Heard {
  headers: IncomingHttpHeaders;
  body: string;
  event: { id: string; sequence: number; kind: string; occurredAt: string; shop: string; data: Record<string, unknown> };
}

/** What the server answers: a status, or "nothing" to keep the sender waiting, or "redirect". */
export type Answer = number | "nothing" | "redirect";

export interface Receiver {
  url: string;
  heard: Heard[];
  /** Decides each answer; 200 by default. */
  answer: (heard: Heard) => Answer;
  close(): Promise<void>;
}

/** Starts a receiver. Close it, or it keeps running. */
export async function openReceiver(): Promise<Receiver> {
  const receiver: Receiver = { url: "", heard: [], answer: () => 200, close: async () => {} };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString("utf8");
    const heard = { headers: request.headers, body, event: JSON.parse(body) as Heard["event"] };
    receiver.heard.push(heard);
    const answer = receiver.answer(heard);
    if (answer === "nothing") return;
    if (answer === "redirect") response.writeHead(302, { location: `${receiver.url}/elsewhere` });
    else response.writeHead(answer);
    response.end(answer === 200 ? "thank you" : "Sorry, amira@example.com is not known here");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  receiver.close = () =>
    new Promise((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return receiver;
}

/** Checked the way integrators are told to. */
export function isGenuine({ headers, body }: Heard, secret: string, now: Date): boolean {
  return checkSignature(body, String(headers["scrip-signature"]), secret, now);
}
