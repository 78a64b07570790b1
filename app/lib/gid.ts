/** Shopify's global ids. Numeric ids exist only inside inbox/topics; everywhere else an id of Shopify's is a Gid. */
export type Gid<T extends string = string> = `gid://shopify/${T}/${string}`;

/** Gid<"Order"> from Shopify's numeric id. */
export function gid<T extends string>(type: T, id: string | number | bigint): Gid<T> {
  return `gid://shopify/${type}/${id}`;
}

/** Whether `text` is a gid of this type. */
export function isGid<T extends string>(type: T, text: string): text is Gid<T> {
  return text.startsWith(`gid://shopify/${type}/`) && text.length > `gid://shopify/${type}/`.length;
}

/** The last part of a gid: Shopify's numeric id as text. */
export function gidTail(value: string): string {
  return value.slice(value.lastIndexOf("/") + 1);
}
