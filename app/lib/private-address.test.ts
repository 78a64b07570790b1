import { describe, expect, it } from "vitest";
import { isPrivateAddress } from "./private-address";

describe("an address that leads inside", () => {
  it.each([
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "100.64.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "fc00::1", "fd12:3456::1", "fe80::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2001::1",
  ])("%s", (address) => expect(isPrivateAddress(address)).toBe(true));

  it.each(["8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"])("but not %s", (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  it("is never guessed from a text that is none", () => {
    expect(() => isPrivateAddress("localhost")).toThrow("not an IP address");
  });
});
