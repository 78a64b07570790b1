/** Staged uploads and the results of bulk operations, kept under the shop's own host. */
import type { ShopState } from "./state";

/** Takes a multipart upload made to a staged target: its `key` names it. Returns the storage's XML. */
export function takeUpload(state: ShopState, contentType: string, body: Buffer): string {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(contentType);
  const fields = readMultipart(body.toString("utf8"), boundary?.[1] ?? boundary?.[2] ?? "");
  const key = fields.get("key");
  const file = fields.get("file");
  if (key === undefined || file === undefined || !state.uploads.has(key)) {
    return "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code><Message>The upload does not fit its staged target</Message></Error>";
  }
  state.uploads.set(key, file);
  return `<?xml version='1.0' encoding='UTF-8'?><PostResponse><Location>https://${state.domain}/__uploads/${key}</Location><Key>${key}</Key></PostResponse>`;
}

/** The JSON lines behind a result address, in pieces, or null. */
export function bulkResult(state: ShopState, path: string): readonly string[] | null {
  const id = path.slice("/__results/".length).replace(/\.jsonl$/, "");
  return state.bulkOperations.get(`gid://shopify/BulkOperation/${id}`)?.result ?? null;
}

function readMultipart(body: string, boundary: string): Map<string, string> {
  const fields = new Map<string, string>();
  if (boundary === "") return fields;
  for (const part of body.split(`--${boundary}`).slice(1, -1)) {
    const split = part.indexOf("\r\n\r\n");
    const name = /name="([^"]+)"/.exec(part.slice(0, split))?.[1];
    if (name !== undefined) fields.set(name, part.slice(split + 4).replace(/\r\n$/, ""));
  }
  return fields;
}
