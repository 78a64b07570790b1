/** The file that a bulk query leaves behind, line by line: it may be larger than memory. */

/** A result that does not come in so long is given up; it is fetched again from its beginning. */
const LIMIT_MS = 30 * 60_000;

/** The result's lines. Throws when the connection breaks or the address is no longer good. */
export async function* readBulkResult(url: string): AsyncGenerator<string> {
  const stop = new AbortController();
  const response = await fetch(url, { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT_MS)]) });
  if (!response.ok || !response.body) throw new Error(`the result of a bulk query answered ${response.status}`);
  const reader = response.body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (done ? decoder.decode() : decoder.decode(value, { stream: true }))).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield line;
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    // Whoever stops reading before the end does not want the rest to be sent.
    stop.abort();
  }
}
