/** Calls about the places where coupons are used. */
import { z } from "zod";
import { PageEnd, PageQuery } from "./fields";
import { operation } from "./operation";

const NONE = z.object({});
/** As awards and files write it: blanks around it are nobody's. */
const Word = z.string().trim().min(1).max(100);
const Location = z.object({
  id: Word.describe("As your tills name it: what merchantId is."),
  name: Word,
  zone: Word.nullable().describe("A district, city or country that several belong to."),
  concept: Word.nullable().describe("What kind of place it is."),
});

export const listLocations = operation({
  method: "GET", path: "/locations", tag: "Locations", summary: "List locations", description: "The places that awards can be limited to, by name.",
  scope: "awards:read", writes: false, params: NONE, query: PageQuery.extend({ search: z.string().max(100).default("").describe("Part of a name, or a whole id.") }), body: null,
  answer: z.object({ locations: z.array(Location), ...PageEnd }), errors: [],
});

export const putLocations = operation({
  method: "PUT", path: "/locations", tag: "Locations", summary: "Add or rename locations", description: "Adds places, and brings those that are known up to date. What is not named stays.",
  scope: "awards:write", writes: true, params: NONE, query: NONE,
  body: z.object({ locations: z.array(Location.partial({ zone: true, concept: true })).min(1).max(1_000) }),
  answer: z.object({ added: z.int(), changed: z.int(), unchanged: z.int() }), errors: [],
});
