import { describe, expect, it } from "vitest";
import { addressProblem, newSecret } from "./endpoint";
import { signatureOf } from "./signature";

const PUBLIC = { allowPrivate: false };

describe("where events may be sent", () => {
  it.each(["https://example.com/hooks", "https://hooks.example.com:8443/?shop=1", "https://8.8.8.8/", "https://[2606:4700:4700::1111]/"])("%s", (url) => {
    expect(addressProblem(url, PUBLIC)).toBeNull();
  });

  it.each([
    ["example.com/hooks", /full address/],
    ["ftp://example.com", /full address/],
    ["http://example.com", /https/],
    ["https://amira:secret@example.com", /name or a password/],
    ["https://localhost/", /internet/],
    ["https://till.local/", /internet/],
    ["https://metadata.google.internal/", /internet/],
    ["https://intranet/", /internet/],
    ["https://127.0.0.1/", /internet/],
    ["https://2130706433/", /internet/],
    ["https://0x7f.1/", /internet/],
    ["https://[::1]/", /internet/],
    ["https://[::ffff:10.0.0.1]/", /internet/],
    ["https://169.254.169.254/latest/meta-data", /internet/],
  ])("not %s", (url, problem) => expect(addressProblem(url, PUBLIC)).toMatch(problem));

  it("anywhere while the app is developed", () => {
    expect(addressProblem("http://127.0.0.1:4000/", { allowPrivate: true })).toBeNull();
  });
});

describe("a signature", () => {
  it("covers the second and the body, for each secret", () => {
    // Worked out with: printf '1763722800.{"a":1}' | openssl dgst -sha256 -hmac KEY
    expect(signatureOf('{"a":1}', ["first", "second"], new Date(1_763_722_800_900))).toBe("t=1763722800,v1=cd29cf51102f38fba39e0e5186b774c59ce116ffddb144cbd778ad29d8cde8c3,v1=889561e85305fe50e0a6f085b7e7393ea990ef027dabe1bb828d42c678d03134");
  });

  it("is made with secrets nobody can guess", () => {
    expect(newSecret()).toMatch(/^whsec_[\w-]{43}$/);
    expect(newSecret()).not.toBe(newSecret());
  });
});
