/** A real mail server on loopback that keeps what it is given. */
import { SMTPServer } from "smtp-server";

export interface MailSink {
  url: string;
  /** Every mail it took, as it came over the wire. */
  mails: { to: string[]; raw: string }[];
  /** From now on it refuses mail for now, as a server does that is too busy; or takes it again. */
  refuse(refusing: boolean): void;
  close(): Promise<void>;
}

export async function openMailSink(): Promise<MailSink> {
  const mails: MailSink["mails"] = [];
  let refusing = false;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo: (_address, _session, callback) => callback(refusing ? Object.assign(new Error("try again later"), { responseCode: 451 }) : null),
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString("utf8") });
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the mail server has no port");
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    refuse: (next) => void (refusing = next),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
