/** What the demo was asked to do. */
import { parseArgs } from "node:util";
import { Problem } from "./problem";

export interface DemoOptions {
  /** First of three ports in a row: store and admin, app proxy, app. */
  port: number;
  reset: boolean;
  check: boolean;
  json: boolean;
}

const USAGE = "npm run demo [-- --port N] [--reset] [--check | --json]";

/** Throws a Problem with the usage on anything unknown. */
export function readOptions(args: string[]): DemoOptions {
  try {
    const { values } = parseArgs({
      args,
      options: { port: { type: "string", default: "4400" }, reset: { type: "boolean", default: false }, check: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 1024 || port > 65_500) throw new Error(`--port must be a number from 1024 to 65500, not "${values.port}"`);
    if (values.check && values.json) throw new Error("--check and --json do not go together");
    return { port, reset: values.reset, check: values.check, json: values.json };
  } catch (error) {
    throw new Problem(`${error instanceof Error ? error.message : String(error)}\nUsage: ${USAGE}`);
  }
}
