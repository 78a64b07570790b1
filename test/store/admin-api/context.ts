/** What a resolver is given, and how a table of resolvers looks. */
import type { GraphQLResolveInfo } from "graphql";
import type { ShopState } from "../state";
import type { BulkRow } from "./bulk-query";

export interface AdminContext {
  state: ShopState;
  now: Date;
  /** Scopes of the token; null lets everything pass, for replaying what a shop's owner saw. */
  scopes: ReadonlySet<string> | null;
  /** Where the shop's own pages, uploads and results are reached. */
  shopUrl: string;
  /** How long asynchronous work takes before it shows as done. */
  bulkDelayMs: number;
  /** How much later than a change a filtered list knows of it. */
  searchLagMs: number;
  /** The title of the app, as `createdBy` shows it. */
  appTitle: string;
  /** One request's background work is one job, however many fields start it. */
  jobId: string;
  /** Runs one more operation with the same rights: a bulk operation is many calls. */
  run: (query: string, variables: Record<string, unknown>) => { data?: unknown; errors?: readonly unknown[] };
  /** The rows of a bulk query, read with the same rights, or Shopify's objections to it. */
  readBulk: (query: string, grouped: boolean) => { rows: Generator<BulkRow> } | { problems: string[] };
  /** Tells the app of an event, as Shopify does of changes the app itself makes. */
  emit: (topic: string, body: unknown) => void;
}

/** Written as a method so that each resolver may name the arguments the schema has already checked. */
export type Resolver = { call(source: unknown, args: unknown, context: AdminContext, info: GraphQLResolveInfo): unknown }["call"];
export type RootResolvers = Readonly<Record<string, Resolver>>;

/** A value with its GraphQL fields as own properties: plain, or functions of (args, context). */
export type Presented = { __typename: string } & Record<string, unknown>;
