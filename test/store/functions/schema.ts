/** Shopify's schema of discount Functions of 2026-07: what an input query may ask and what a run may answer. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { buildClientSchema, type GraphQLInputType, type GraphQLSchema, type IntrospectionQuery } from "graphql";
import { fetchSchema } from "../../../scripts/fetch-schema.mjs";

let loaded: GraphQLSchema | undefined;

/** Loads the schema once per process. */
export function functionSchema(): GraphQLSchema {
  loaded ??= buildClientSchema((JSON.parse(gunzipSync(readFileSync(fetchSchema("functions"))).toString("utf8")) as { data: IntrospectionQuery }).data, { assumeValid: true });
  return loaded;
}

/** The type of what a target's run answers. */
export function resultType(target: string): GraphQLInputType {
  const field = target.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
  const type = functionSchema().getMutationType()?.getFields()[field]?.args[0]?.type;
  if (!type) throw new Error(`Shopify has no Function target ${target}`);
  return type;
}
