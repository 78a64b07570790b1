/** Runs a Function as Shopify does: its query is answered, its code run on the answer, its result held against the schema. */
import vm from "node:vm";
import { coerceInputValue, executeSync, parse } from "graphql";
import { z } from "zod";
import type { ReleasedFunction } from "./released";
import { functionSchema, resultType } from "./schema";

const MAX_INPUT_BYTES = 128_000;
const MAX_OUTPUT_BYTES = 20_000;
/** A longer metafield is as good as none. */
const MAX_METAFIELD_BYTES = 10_000;
const TIME_LIMIT_MS = 1000;

const Value = z.union([z.object({ percentage: z.object({ value: z.coerce.number() }) }), z.object({ fixedAmount: z.object({ amount: z.string(), appliesToEachItem: z.boolean().default(false) }) })]);
const candidates = <T extends z.ZodType>(target: T) => z.object({ candidates: z.array(z.object({ targets: z.array(target), value: Value })) });
const Result = z.object({
  operations: z.array(
    z.object({
      orderDiscountsAdd: candidates(z.object({ orderSubtotal: z.object({ excludedCartLineIds: z.array(z.string()) }) })).optional(),
      productDiscountsAdd: candidates(z.object({ cartLine: z.object({ id: z.string(), quantity: z.int().min(1).nullish() }) })).optional(),
      deliveryDiscountsAdd: candidates(z.object({ deliveryGroup: z.object({ id: z.string() }) })).optional(),
    }),
  ),
});
export type FunctionOperation = z.infer<typeof Result>["operations"][number];

/** What a discount hands its Function: a metafield's value by namespace and key, or null. */
export type Metafields = (namespace: string, key: string) => string | null;

/** The operations of one target's run. Throws on what Shopify would count as a failed run. */
export function runFunction(released: ReleasedFunction, target: string, root: object, metafields: Metafields): FunctionOperation[] {
  const found = released.targets.find((each) => each.target === target);
  if (!found) return [];
  const read = (namespace: string, key: string) => {
    const value = metafields(namespace, key);
    return value !== null && Buffer.byteLength(value) <= MAX_METAFIELD_BYTES ? value : null;
  };
  const variables = JSON.parse(read(released.variables.namespace, released.variables.key) ?? "{}") as Record<string, unknown>;
  const answer = executeSync({ schema: functionSchema(), document: parse(found.query), rootValue: { ...root, discount: discountOf(read) }, variableValues: variables });
  if (answer.errors?.length) throw new Error(`the input of ${released.handle} could not be made: ${answer.errors.map(({ message }) => message).join("; ")}`);
  const input = JSON.stringify(answer.data);
  if (Buffer.byteLength(input) > MAX_INPUT_BYTES) throw new Error(`the input of ${released.handle} is larger than ${MAX_INPUT_BYTES} bytes`);
  const output = execute(released.code, found.exportName, input);
  if (Buffer.byteLength(output) > MAX_OUTPUT_BYTES) throw new Error(`the output of ${released.handle} is larger than ${MAX_OUTPUT_BYTES} bytes`);
  coerceInputValue(JSON.parse(output), resultType(target));
  return Result.parse(JSON.parse(output)).operations;
}

function discountOf(read: Metafields) {
  return {
    metafield: ({ namespace, key }: { namespace: string; key: string }) => {
      const value = read(namespace, key);
      return value === null ? null : { value, jsonValue: JSON.parse(value) as unknown };
    },
  };
}

/** In a world of its own that holds nothing but the language and the two calls a Function has. */
function execute(code: string, exportName: string, input: string): string {
  const world: { input: string; output?: string } = { input };
  vm.runInNewContext(
    `const ShopifyFunction = { readInput: () => JSON.parse(input), writeOutput: (value) => { output = JSON.stringify(value); } };
    ${code}
    discountFunction.${exportName}();`,
    world,
    { timeout: TIME_LIMIT_MS },
  );
  if (world.output === undefined) throw new Error("the Function wrote no output");
  return world.output;
}
