/** A caller's connection that costs next to nothing, so that what is measured is the server: one request at a time, answers with a length. */
import { connect } from "node:net";

export interface LeanAnswer {
  status: number;
  body: string;
}

/** Opens a connection to a server on this machine. */
export function leanConnection(port: number) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let received = Buffer.alloc(0);
  let waiting: { resolve: (answer: LeanAnswer) => void; reject: (error: Error) => void } | null = null;
  const fail = (error: Error) => waiting?.reject(error);
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed the connection")));
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = answerIn(received);
    if (!answer) return;
    received = Buffer.alloc(0);
    waiting?.resolve(answer);
  });

  return {
    /** POSTs JSON and waits for the answer. */
    post(path: string, token: string, json: string): Promise<LeanAnswer> {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
        );
      });
    },
    close: () => socket.destroy(),
  };
}

/** The answer, once all of it has come. */
function answerIn(bytes: Buffer): LeanAnswer | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const head = bytes.toString("latin1", 0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without its length: ${head}`);
  const bodyFrom = end + 4;
  if (bytes.length < bodyFrom + Number(length)) return null;
  return { status: Number(head.slice(9, 12)), body: bytes.toString("utf8", bodyFrom) };
}
