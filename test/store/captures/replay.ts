/** Replays the exchanges of a recording against a fresh shop of the local store. */
import { randomUUID } from "node:crypto";
import { Bucket, STANDARD_BUCKET } from "../admin-api/bucket";
import type { AdminContext } from "../admin-api/context";
import { type AdminApi, makeAdminApi } from "../admin-api/endpoint";
import { settleBulkCreations } from "../admin-api/discounts/redeem-codes";
import { resolvers } from "../admin-api/resolvers";
import { newShopState, type ShopState } from "../state";
import { Correspondence, firstDifference } from "./compare";
import { asObject, isQuery, type Exchange, type Json, type JsonObject, type Scenario } from "./read";
import { instantsIn, seed, startOf } from "./seed";

/** Recorded lists missed what had changed within the last second or two. */
const SEARCH_LAG_MS = 3000;

export type Verdict = { path: string; outcome: "matched" } | { path: string; outcome: "differing" | "unsupported"; difference: string };

/** The verdict on each exchange of the scenario, and on each read that was recorded beside it. */
export function replay(scenario: Scenario): Verdict[] {
  const run = new Run(scenario);
  const verdicts: Verdict[] = [];
  const waiting = new Map<Exchange, Verdict | null>(scenario.reads.map((read) => [read, null]));
  const tryReads = () => {
    for (const read of [...waiting.keys()]) {
      const verdict = run.attempt(read);
      if (verdict.outcome === "matched") {
        verdicts.push(verdict);
        waiting.delete(read);
      } else waiting.set(read, verdict);
    }
  };
  for (const exchange of scenario.exchanges) {
    // Reads aside say nothing of their time: they may be true at any moment of the scenario.
    tryReads();
    verdicts.push(run.exchange(exchange));
  }
  tryReads();
  for (const verdict of waiting.values()) if (verdict) verdicts.push(verdict);
  return verdicts;
}

class Run {
  readonly #state: ShopState;
  readonly #api: AdminApi;
  readonly #scenario: Scenario;
  #now: Date;
  #names = new Correspondence();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#now = startOf(scenario);
    this.#state = newShopState(String(scenario.recording["storeDomain"] ?? "recorded.myshopify.com"), this.#now);
    seed(this.#state, scenario);
    this.#api = makeAdminApi(resolvers);
  }

  /** Runs an exchange for good: what it changes stays, and the ids it made are known from here on. */
  exchange(exchange: Exchange): Verdict {
    const instants = instantsIn(exchange.answer);
    this.#now = new Date(Math.max(this.#now.getTime(), ...instants));
    const names = this.#names.copy();
    let verdict = this.#judge(exchange, names);
    if (verdict.outcome === "differing" && isQuery(exchange.query)) {
      // When a read was made is not recorded: it may have been after the search index had caught up.
      const before = this.#now;
      const later = this.#names.copy();
      this.#now = new Date(before.getTime() + SEARCH_LAG_MS);
      const second = this.#judge(exchange, later);
      if (second.outcome === "matched") [verdict, this.#names] = [second, later];
      else this.#now = before;
    } else this.#names = names;
    this.#upload(exchange);
    return verdict;
  }

  /** Runs a read to see whether it fits now; ids are learnt only if it does. */
  attempt(read: Exchange): Verdict {
    const names = this.#names.copy();
    const verdict = this.#judge(read, names);
    if (verdict.outcome === "matched") this.#names = names;
    return verdict;
  }

  #judge(exchange: Exchange, names: Correspondence): Verdict {
    const path = `${this.#scenario.name} ${exchange.path}`;
    const ours = this.#answerOrFailure(exchange, names);
    if (typeof ours === "string") return { path, outcome: "differing", difference: ours };
    const unsupported = unsupportedIn(ours, exchange.answer);
    if (unsupported) return { path, outcome: "unsupported", difference: unsupported };
    // Some answers were kept without their cost: what was not recorded cannot differ.
    const comparable = exchange.answer["extensions"] === undefined ? withoutCost(ours) : ours;
    const difference = firstDifference(exchange.answer, comparable, names);
    return difference === null ? { path, outcome: "matched" } : { path, outcome: "differing", difference };
  }

  /** A bug of the local store met on the way is one exchange's difference, not the end of the check. */
  #answerOrFailure(exchange: Exchange, names: Correspondence): JsonObject | string {
    try {
      return this.#answer(exchange, names);
    } catch (error) {
      return `the local store failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #answer(exchange: Exchange, names: Correspondence): JsonObject {
    settleBulkCreations({ state: this.#state, now: this.#now, emit: () => undefined });
    const context: AdminContext = {
      state: this.#state,
      now: this.#now,
      scopes: null,
      shopUrl: `https://${this.#state.domain}`,
      bulkDelayMs: 0,
      searchLagMs: SEARCH_LAG_MS,
      jobId: randomUUID(),
      appTitle: "Recorder",
      run: (query, variables) => this.#api.runInside(query, variables, context),
      readBulk: (query, grouped) => this.#api.readBulk(query, grouped, context),
      emit: () => undefined,
    };
    const request = { query: exchange.query, variables: asObject(names.toOurs(exchange.variables)), operationName: null };
    const answer = this.#api.answer(request, context, new Bucket(STANDARD_BUCKET));
    // Through JSON, as it would travel: what a client sees has no undefined and no functions.
    return asObject(JSON.parse(JSON.stringify(answer)) as Json);
  }

  /** The one recorded step that is not GraphQL: a file put where a staged upload said. */
  #upload(exchange: Exchange): void {
    const content = asObject(this.#scenario.recording["setup"])["uploadContent"];
    if (typeof content !== "string" || !exchange.path.startsWith("setup.stagedUpload")) return;
    for (const [key, held] of this.#state.uploads) if (held === null) this.#state.uploads.set(key, content);
  }
}

function withoutCost({ extensions: _cost, ...answer }: JsonObject): JsonObject {
  return answer;
}

/** Why the store does not model what was asked, if it says so, or if the recorded version had a field that 2026-07 has not. */
function unsupportedIn(ours: JsonObject, recorded: JsonObject): string | null {
  const errors = Array.isArray(ours["errors"]) ? ours["errors"] : [];
  for (const error of errors) {
    const code = asObject(asObject(error)["extensions"])["code"];
    const message = String(asObject(error)["message"]);
    if (code === "LOCAL_STORE_NOT_SUPPORTED") return message;
    if (code === "undefinedField" && recorded["errors"] === undefined) return `${message} in 2026-07`;
  }
  return null;
}
