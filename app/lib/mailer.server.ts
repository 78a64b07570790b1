/** Mail by SMTP. */
import { createTransport } from "nodemailer";
import { env } from "./env.server";

export interface Mail {
  to: string;
  subject: string;
  text: string;
  /** Left of the @: the same mail sent twice is one mail to whoever receives it. */
  messageId: string;
}

export interface Mailer {
  /** Hands the mail to the mail server. Throws when that does not take it. */
  send(mail: Mail): Promise<void>;
}

const TIMEOUT_MS = 15_000;

/** The mailer of this process; null: SMTP_URL is not set. */
export function openMailer(url = env.SMTP_URL, from = env.MAIL_FROM): Mailer | null {
  if (url === undefined) return null;
  const transport = createTransport({ url, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }, { from });
  return {
    async send({ messageId, ...mail }) {
      await transport.sendMail({ ...mail, messageId: `<${messageId}@${new URL(env.SHOPIFY_APP_URL).hostname}>` });
    },
  };
}
