/** Pieces that payloads of several topics have in common. */
import { z } from "zod";
import { isGid, type Gid } from "../../lib/gid";

/** A global id of this type. */
export function gidOf<T extends string>(type: T) {
  return z.string().refine((value): value is Gid<T> => isGid(type, value), `not a gid of type ${type}`);
}

/** An instant with its offset. */
export const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
