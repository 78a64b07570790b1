/** Addresses that the public internet does not lead to: this machine, its network, its cloud. */
import { BlockList, isIP } from "node:net";

const PRIVATE = new BlockList();
// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
for (const [network, prefix] of [
  ["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12], ["192.0.0.0", 24], ["192.0.2.0", 24],
  ["192.88.99.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["198.51.100.0", 24], ["203.0.113.0", 24], ["224.0.0.0", 4], ["240.0.0.0", 4],
] as const) PRIVATE.addSubnet(network, prefix, "ipv4");

const PUBLIC_IPV6 = new BlockList();
PUBLIC_IPV6.addSubnet("2000::", 3, "ipv6");
// Of the public range, what leads elsewhere: documentation, Teredo and 6to4, which carry an IPv4 address inside.
for (const [network, prefix] of [["2001::", 23], ["2001:db8::", 32], ["2002::", 16], ["3fff::", 20]] as const) PRIVATE.addSubnet(network, prefix, "ipv6");

/** Whether this IP address is not one of the public internet. Throws for a text that is no address. */
export function isPrivateAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return PRIVATE.check(address, "ipv4");
    case 6: {
      const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
      return mapped ? isPrivateAddress(mapped) : !PUBLIC_IPV6.check(address, "ipv6") || PRIVATE.check(address, "ipv6");
    }
    default:
      throw new Error(`not an IP address: ${JSON.stringify(address)}`);
  }
}
