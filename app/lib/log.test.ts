import { describe, expect, it } from "vitest";
import { becauseOf } from "./context.server";
import { openLog, redactUrl } from "./log.server";

describe("what the log never says", () => {
  it("who a person is, or a token, however deep it stands", () => {
    const lines: string[] = [];
    const log = openLog("info", { write: (line) => void lines.push(line) });

    log.info({ email: "amira@example.com", customer: { firstName: "Amira", phone: "+49 30 1234" }, job: { session: { accessToken: "shpat_secret" } } }, "told");

    expect(lines.join()).toContain("told");
    expect(lines.join()).not.toMatch(/amira|Amira|1234|shpat_secret/);
  });

  it("who an address is about", () => {
    expect(redactUrl("/api/v4.0/integrations/customers/amira@example.com/coupons?status=issued")).toBe("/api/v4.0/integrations/customers/…/coupons?status=issued");
    expect(redactUrl("/api/v4.0/integrations/transactions?customerId=amira@example.com&limit=5")).toBe("/api/v4.0/integrations/transactions?customerId=…&limit=5");
  });

  it("the tokens of an address", () => {
    const address = "/app/awards?shop=a.myshopify.com&id_token=eyJ.secret.x&hmac=beef&host=YWRt&page=2";
    expect(redactUrl(address)).toBe("/app/awards?shop=a.myshopify.com&id_token=…&hmac=…&host=…&page=2");
  });

  it("what an error quotes: addresses, keys, passwords, a row of the database", () => {
    const lines: string[] = [];
    const log = openLog("info", { write: (line) => void lines.push(line) });
    const error = Object.assign(new Error("no row for\namira@example.com with shpat_0123456789abcdef at /x?hmac=beef&id_token=aaa.bbb.ccc"), {
      code: "23505", detail: "Failing row contains (7, Amira, Okafor, +49301234)", parameters: ["secret_parameter"],
    });
    log.error({ err: error, hmac: "c2lnbmVk", headers: { secretkey: "s3cr3t-1" } }, "failed");
    log.error({ note: "Bearer eyJhbGciOi.eyJzdWIiOi.c2ln, key_AAAAbbbbCCCCddddEEEEffff, postgres://scrip:pa55word@db/scrip" }, "for amira%40example.com");

    const all = lines.join("");
    expect(all).not.toMatch(/amira|Amira|Okafor|4930|shpat_0|beef|bbb\.ccc|secret_parameter|c2lnbmVk|s3cr3t|eyJzdWI|key_AAAA|pa55word/);
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["failed", "for [redacted]"]);
    expect(all).toContain("23505");
  });
});

describe("every line", () => {
  it("says which request or job it belongs to, also after a wait, and keeps nothing of the line before", async () => {
    const lines: string[] = [];
    const log = openLog("info", { write: (line) => void lines.push(line) });
    const work = async (name: string) => {
      await new Promise((resolve) => setImmediate(resolve));
      log.info({ name }, "worked");
    };
    await Promise.all([becauseOf({ requestId: "req_1" }, () => work("a")), becauseOf({ job: "7", task: "sweep", shop: 3 }, () => work("b")), work("c")]);
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>).sort((a, b) => String(a.name).localeCompare(String(b.name)));
    expect(told.map(({ level: _level, time: _time, ...rest }) => rest)).toEqual([
      { requestId: "req_1", name: "a", msg: "worked" },
      { job: "7", task: "sweep", shop: 3, name: "b", msg: "worked" },
      { name: "c", msg: "worked" },
    ]);
  });
});
