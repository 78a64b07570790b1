/** A self-signed certificate made on the spot: Chromium wants TLS for Shopify's host names, and checks nothing when told so. */
import { createSign, generateKeyPairSync } from "node:crypto";

const ECDSA_WITH_SHA256 = "06082a8648ce3d040302";
const COMMON_NAME = "0603550403";

/** Key and certificate as PEM, valid for a day. */
export function selfSigned(name: string): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(hex(ECDSA_WITH_SHA256));
  const who = sequence(element(0x31, sequence(hex(COMMON_NAME), element(0x0c, Buffer.from(name)))));
  const now = Date.now();
  const valid = sequence(time(now - 3_600_000), time(now + 86_400_000));
  const body = sequence(element(0xa0, integer(2)), integer(1), algorithm, who, valid, who, publicKey.export({ type: "spki", format: "der" }));
  const signature = createSign("sha256").update(body).sign(privateKey);
  const certificate = sequence(body, algorithm, element(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n");
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n` };
}

/** One DER element: tag, length, content. */
function element(tag: number, content: Buffer): Buffer {
  const length = content.length < 0x80 ? [content.length] : content.length < 0x100 ? [0x81, content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: Buffer[]) => element(0x30, Buffer.concat(parts));
const integer = (value: number) => element(0x02, Buffer.from([value]));
const hex = (text: string) => Buffer.from(text, "hex");
const time = (ms: number) => element(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "").slice(2, 14)}Z`));
