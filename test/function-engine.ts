/** The discount Function in QuickJS, the engine that Shopify compiles it into. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import quickjs from "@jitl/quickjs-wasmfile-release-sync";
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSContext } from "quickjs-emscripten-core";
import { bundleFunction } from "#scripts/build-extensions.ts";

const MEMORY_BYTES = 10_000 * 1024;
const STACK_BYTES = 512 * 1024;

export interface FunctionEngine {
  /** Bytes of the script. */
  codeBytes: number;
  /** Runs one export on an input. `before`: called when the script stands and only the run is to come. */
  run(exportName: string, input: unknown, before?: () => void): unknown;
}

/** An engine with the built Function; `prepare` may change the engine's binary, and is given its instance. */
export async function openFunctionEngine(prepare?: { binary: (wasm: Uint8Array) => Uint8Array<ArrayBuffer>; instance: (instance: WebAssembly.Instance) => void }): Promise<FunctionEngine> {
  const wasm = readFileSync(createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm"));
  const module = new WebAssembly.Module(prepare ? prepare.binary(wasm) : wasm);
  const instantiateWasm = (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => {
    const instance = new WebAssembly.Instance(module, imports);
    prepare?.instance(instance);
    done(instance);
    return instance.exports;
  };
  const engine = await newQuickJSWASMModuleFromVariant(newVariant(quickjs, { emscriptenModule: { instantiateWasm } as never }));
  const code = await bundleFunction();

  return {
    codeBytes: Buffer.byteLength(code),
    run(exportName, input, before) {
      const runtime = engine.newRuntime({ memoryLimitBytes: MEMORY_BYTES, maxStackSizeBytes: STACK_BYTES });
      const context = runtime.newContext();
      try {
        evaluate(context, "const ShopifyFunction = { readInput: () => JSON.parse(input), writeOutput: (value) => { globalThis.output = JSON.stringify(value); } };");
        using(context.newString(JSON.stringify(input)), (text) => context.setProp(context.global, "input", text));
        evaluate(context, code);
        before?.();
        evaluate(context, `discountFunction.${exportName}()`);
        return JSON.parse(using(context.getProp(context.global, "output"), (text) => context.getString(text))) as unknown;
      } finally {
        context.dispose();
        runtime.dispose();
      }
    },
  };
}

type Handle = ReturnType<QuickJSContext["newString"]>;

function using<T>(handle: Handle, work: (handle: Handle) => T): T {
  try {
    return work(handle);
  } finally {
    handle.dispose();
  }
}

function evaluate(context: QuickJSContext, code: string): void {
  context.unwrapResult(context.evalCode(code)).dispose();
}
