/** A Function as the app has released it: its code and what each of its targets asks for. */
import { bundleFunction, readFunctionManifest, readInputQuery } from "../../../scripts/build-extensions";

export interface ReleasedFunction {
  handle: string;
  title: string;
  description: string;
  /** Where the discount says the variables of the input queries. */
  variables: { namespace: string; key: string };
  /** A script that leaves the exports in `discountFunction`. */
  code: string;
  targets: { target: string; query: string; exportName: string }[];
}

/** The app's discount Function, built from its extension. */
export async function releasedFunction(): Promise<ReleasedFunction> {
  const [{ handle, name, description, variables, targets }, code] = await Promise.all([readFunctionManifest(), bundleFunction()]);
  return {
    handle, title: name, description, variables, code,
    targets: await Promise.all(targets.map(async ({ target, inputQuery, export: exported }) => ({
      target,
      query: await readInputQuery(inputQuery),
      exportName: exported.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    }))),
  };
}
