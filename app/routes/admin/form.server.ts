/** Reads a posted form, no larger than the app is ready to hold in memory. */
import { data } from "@remix-run/node";
import { MAX_FILE_BYTES } from "../../domain/codes/file.server";

const FIELDS_BYTES = 12 * 1024 * 1024;
const MAX_FORM_BYTES = MAX_FILE_BYTES + FIELDS_BYTES;

/** Throws 411 for a body that does not say its length, 413 for one that is too large. */
export async function readForm(request: Request): Promise<FormData> {
  const length = request.headers.get("content-length");
  if (length === null) throw data({ title: "The form did not say its size", message: "Try again from the editor." }, { status: 411 });
  if (Number(length) > MAX_FORM_BYTES) throw data({ title: "This is too much at once", message: "A file may have 50 MB and a pasted list 10 MB. Upload it in parts." }, { status: 413 });
  return request.formData();
}

/** The bytes of an uploaded file, as they come. */
export async function* chunksOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value;
}
