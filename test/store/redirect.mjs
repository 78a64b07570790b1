// Sends what is meant for Shopify to the local store: every connection this process opens to *.myshopify.com or *.shopify.com
// becomes a plain socket to 127.0.0.1. Addresses, Host headers and https:// stay as in production, and production never loads this.
//   node --import ./test/store/redirect.mjs …   with LOCAL_STORE_PORT set
import net from "node:net";
import { Agent, buildConnector, getGlobalDispatcher, setGlobalDispatcher } from "undici";

const SHOPIFY_HOST = /(^|\.)(myshopify\.com|shopify\.com)$/;
const direct = buildConnector({});
const before = getGlobalDispatcher();

/** Redirects this process to the store on `port`; null gives the network back. */
export function redirectToStore(port) {
  if (port === null) {
    setGlobalDispatcher(before);
    return;
  }
  setGlobalDispatcher(
    new Agent({
      connect(options, callback) {
        if (!SHOPIFY_HOST.test(options.hostname)) return direct(options, callback);
        const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
        const failed = (error) => callback(error, null);
        socket.once("error", failed);
        socket.once("connect", () => {
          socket.off("error", failed);
          callback(null, socket);
        });
        return socket;
      },
    }),
  );
}

const wanted = Number(process.env.LOCAL_STORE_PORT);
if (wanted > 0) redirectToStore(wanted);
