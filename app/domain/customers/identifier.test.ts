import { describe, expect, it } from "vitest";
import { parseCustomerId, parseEmail, parseExternalId, parseIdentifier, parsePhone } from "./identifier";

describe("what names a customer", () => {
  it.each([
    ["8271093981356", { by: "number", number: "8271093981356" }],
    [" 42 ", { by: "number", number: "42" }],
    ["gid://shopify/Customer/8271093981356", { by: "gid", gid: "gid://shopify/Customer/8271093981356" }],
    ["gid://shopify/Customer/erased-4", null],
    ["cus_7", { by: "id", id: 7n }],
    ["Amira@Example.com", { by: "email", email: "amira@example.com" }],
    ["+49 (30) 123-4567", { by: "phone", phone: "+49301234567" }],
    ["member-77", { by: "externalId", externalId: "member-77" }],
    ["gid://shopify/Order/1", { by: "externalId", externalId: "gid://shopify/Order/1" }],
    ["", null],
    ["x".repeat(101), null],
  ])("%s is read as %o", (text, expected) => expect(parseIdentifier(text)).toEqual(expected));

  it.each([
    ["12", { by: "gid", gid: "gid://shopify/Customer/12" }],
    ["gid://shopify/Customer/12", { by: "gid", gid: "gid://shopify/Customer/12" }],
    ["cus_12", { by: "id", id: 12n }],
    ["awd_12", null],
    ["-12", null],
    ["gid://shopify/Order/12", null],
  ])("a customer id %s is %o", (text, expected) => expect(parseCustomerId(text)).toEqual(expected));

  it.each([
    ["a@b.co", "a@b.co"],
    [" A.B+c@Shop.Example ", "a.b+c@shop.example"],
    ["a@b", null],
    ["a b@c.de", null],
    ["<a@b.de>", null],
    [`${"a".repeat(250)}@b.de`, null],
  ])("an e-mail address %s is %s", (text, expected) => expect(parseEmail(text)).toBe(expected));

  it.each([
    ["+49 30 1234567", "+49301234567"],
    ["0049 30/1234567", "+49301234567"],
    ["030 1234567", null],
    ["+0 30 1234567", null],
    ["+49 30 12345x7", null],
    ["+491234567890123456", null],
  ])("a telephone number %s is %s", (text, expected) => expect(parsePhone(text)).toBe(expected));

  it("lets an integrator call a customer anything short", () => {
    expect(parseExternalId(" K 7 ")).toBe("K 7");
    expect(parseExternalId("  ")).toBeNull();
  });
});
