/** The dependency rule of the house, held: who may import whom, in which order, and what the names of rooms may be. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ADMIN_API_VERSION, SCOPES } from "#app/contract/configuration.ts";
import { setTopics, topics } from "#app/inbox/topics/index.ts";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const APP = path.join(ROOT, "app");

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (["node_modules", "generated", "dist"].includes(entry.name)) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(full);
    else if (/\.tsx?$/.test(entry.name)) yield full;
  }
}

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

/** Every import of ours between files of the project, as paths from the root. */
function importsOf(file: string): Import[] {
  const source = readFileSync(file, "utf8");
  const found: Import[] = [];
  for (const match of source.matchAll(/(?:^|\n)\s*(import|export)\s+(type\s)?[^;]*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s+["']([^"']+)["']/g)) {
    const target = match[3] ?? match[4] ?? match[5] ?? "";
    const resolved = resolve(file, target);
    if (resolved) found.push({ from: path.relative(ROOT, file), to: path.relative(ROOT, resolved), typeOnly: Boolean(match[2]) });
  }
  return found;
}

function resolve(from: string, target: string): string | null {
  const base = target.startsWith("#") ? path.join(ROOT, target.slice(1)) : target.startsWith(".") ? path.resolve(path.dirname(from), target) : null;
  if (!base) return null;
  const options = [base, `${base}.ts`, `${base}.tsx`, path.join(base, "index.ts")];
  return options.find((option) => existsSync(option) && statSync(option).isFile()) ?? base;
}

const production = [...filesIn(APP)].filter((file) => !/\.test\.tsx?$/.test(file));
const imports = production.flatMap(importsOf);
const room = (file: string) => file.split(path.sep)[1] ?? "";
const show = ({ from, to }: Import) => `${from} → ${to}`;

/** What each room of app/ may import. Files that lie in app/ itself put things together and may import every room. */
const MAY_IMPORT: Record<string, string[]> = {
  routes: ["routes", "inbox", "sync", "shopify", "domain", "contract", "ui", "lib"],
  inbox: ["inbox", "domain", "contract", "lib"],
  sync: ["sync", "shopify", "domain", "contract", "lib"],
  shopify: ["shopify", "contract", "lib"],
  domain: ["domain", "contract", "lib", "generated"],
  contract: ["contract"],
  ui: ["ui", "domain", "contract", "lib"],
  lib: ["lib", "generated"],
};

/** Nouns of the domain, each may know those before it. `changes` and `events` are messages any of them may leave: for the sync,
 * and for whoever listens. */
const NOUNS = ["changes", "events", "jobs", "shops", "keys", "answers", "locations", "customers", "points", "codes", "awards", "coupons", "orders", "drift", "messages", "imports", "pages", "reports"];

describe("the house", () => {
  it("has only rooms it knows, and none that hide things", () => {
    const rooms = readdirSync(APP, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== "generated");
    expect(rooms.map((entry) => entry.name).sort()).toEqual(Object.keys(MAY_IMPORT).sort());
    const hiding = production.filter((file) => /\b(utils?|helpers?|common|misc|managers?|services?)\b/.test(path.relative(ROOT, file)));
    expect(hiding).toEqual([]);
  });

  it("lets each room import only what is below it", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!to.startsWith("app") || from.split(path.sep).length === 2) return false;
      return !(MAY_IMPORT[room(from)] ?? []).includes(room(to));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("keeps the nouns of the domain in one order, without cycles", () => {
    const nouns = readdirSync(path.join(APP, "domain"));
    expect(nouns.filter((noun) => !NOUNS.includes(noun))).toEqual([]);
    const noun = (file: string) => NOUNS.indexOf(file.split(path.sep)[2] ?? "");
    const backwards = imports.filter(({ from, to }) => from.startsWith("app/domain/") && to.startsWith("app/domain/") && noun(to) > noun(from));
    expect(backwards.map(show)).toEqual([]);
  });

  it("lets the screens use pure files of the domain only", () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => room(from) === "ui" && room(to) === "domain" && !typeOnly && to.includes(".server"));
    expect(wrong.map(show)).toEqual([]);
  });

  it("keeps what a merchant typed when no answer comes, on every page with an action", () => {
    const forms = production.filter((file) => file.startsWith(path.join(APP, "routes/admin")) && /export (async function|const) action\b/.test(readFileSync(file, "utf8")));
    expect(forms.length).toBeGreaterThan(10);
    const lost = forms.filter((file) => !readFileSync(file, "utf8").includes('export { clientAction, shouldRevalidate } from "../../ui/not-reached";'));
    expect(lost.map((file) => path.relative(ROOT, file))).toEqual([]);
  });

  it("names no variable of the environment to a merchant: those are for who runs the app", () => {
    const names = [...readFileSync(path.join(APP, "lib/env.server.ts"), "utf8").matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map((match) => match[1] ?? "");
    expect(names).toContain("SMTP_URL");
    const named = new RegExp(`(?<!env\\.)\\b(${names.join("|")})\\b`);
    const screens = production.filter((file) => /routes\/admin\/|app\/ui\//.test(file));
    expect(screens.filter((file) => named.test(readFileSync(file, "utf8"))).map((file) => path.relative(ROOT, file))).toEqual([]);
  });

  it("never imports its tests or scripts", () => {
    expect(imports.filter(({ to }) => to.startsWith("test") || to.startsWith("scripts")).map(show)).toEqual([]);
  });

  it("has no word of the local store, so that it behaves the same in front of Shopify", () => {
    const wrong = production.filter((file) => /local.?store|scrip-demo|LOCAL_STORE|test\/store/i.test(readFileSync(file, "utf8")));
    expect(wrong.map((file) => path.relative(ROOT, file))).toEqual([]);
  });

  it("lets extensions import contract types and the shared flow only", () => {
    const wrong = [...filesIn(path.join(ROOT, "extensions"))].flatMap(importsOf).filter(({ from, to, typeOnly }) => {
      const home = from.split(path.sep).slice(0, 2).join("/");
      if (to.startsWith(home) || to.startsWith("extensions/rewards-flow")) return false;
      return !(to.startsWith("app/contract/") && typeOnly);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("reads every table by shop: no table lacks the column that isolates tenants", () => {
    const schema = readFileSync(path.join(ROOT, "prisma/schema.prisma"), "utf8");
    const exempt = ["Session", "Shop"]; // the Shopify library's own table, and the tenant itself
    const models = [...schema.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map((match) => ({ name: match[1] ?? "", body: match[2] ?? "" }));
    expect(models.length).toBeGreaterThan(15);
    for (const { name, body } of models.filter((model) => !exempt.includes(model.name))) {
      const first = body.split("\n").find((line) => /^\s+\w+\s+\w/.test(line) && !line.trim().startsWith("//"));
      expect(first, name).toMatch(/^\s+shop(Id|Domain)\s/);
      for (const key of body.matchAll(/@@(?:id|unique|index)\(\[(\w+)/g)) expect(key[1], `${name} key`).toMatch(/^shop(Id|Domain)$/);
    }
  });
});

describe("the crontab", () => {
  it("lets no job wait for another: each has a queue of its own", () => {
    const queues = [...readFileSync(path.join(ROOT, "app/worker.ts"), "utf8").matchAll(/\{ task: "\w+", match: .*queueName: "(\w+)"/g)].map(([, queue]) => queue);
    expect(queues.length).toBeGreaterThan(5);
    expect(new Set(queues).size).toBe(queues.length);
  });
});

describe("shopify.app.toml", () => {
  const toml = readFileSync(path.join(ROOT, "shopify.app.toml"), "utf8");

  it("names the API version and the scopes the code uses", () => {
    expect(toml).toMatch(new RegExp(`\\[webhooks\\]\\s+api_version = "${ADMIN_API_VERSION}"`));
    expect(/^scopes = "([^"]*)"/m.exec(toml)?.[1]?.split(",").sort()).toEqual([...SCOPES].sort());
  });

  it("subscribes to every topic that is worked and to no other, to the three that the law asks for as such", () => {
    const lists = [...toml.matchAll(/^\s*(topics|compliance_topics) = \[([^\]]*)\]/gm)].map(([, key, list]) => ({ key, topics: [...(list ?? "").matchAll(/"([^"]+)"/g)].map(([, topic]) => topic ?? "") }));
    expect(lists.flatMap((list) => list.topics).sort()).toEqual([...setTopics.keys(), ...topics.keys()].sort());
    expect(lists.filter(({ key }) => key === "compliance_topics").flatMap((list) => list.topics).sort()).toEqual(["customers/data_request", "customers/redact", "shop/redact"]);
  });
});
