/** The bytes of a file, as an upload brings them. */
export async function* csv(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
