import { describe, expect, it } from "vitest";
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
});
