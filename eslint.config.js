import tseslint from "typescript-eslint";

const CLOCK = "Domain code is given `now`; only doors and the worker hold a clock.";

export default tseslint.config(
  { ignores: ["**/node_modules/", "build/", "**/dist/", "app/generated/", "**/generated/", ".data/", ".cache/", "extensions/"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // A promise nobody waits for is work that may be lost without a word.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      // Throwing anything but an Error or a Response loses the stack.
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // `!= null` says "neither null nor undefined": GraphQL knows both.
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": ["error", { allow: ["error"] }],
    },
  },
  {
    files: ["app/**/*.ts", "app/**/*.tsx"],
    ignores: ["app/lib/env.server.ts", "**/*.test.ts", "**/*.test.tsx"],
    rules: {
      "no-restricted-properties": ["error", { object: "process", property: "env", message: "Read it from lib/env.server.ts, where it is checked once." }],
      "no-restricted-imports": ["error", { patterns: [{ group: ["#test/*", "**/test/**", "#scripts/*"], message: "The app never imports its tests or scripts." }] }],
    },
  },
  {
    files: ["app/domain/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: CLOCK },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK },
        { selector: "TSTypeReference[typeName.name='Request'], TSTypeReference[typeName.name='Response']", message: "Domain code knows no Request or Response; a route does." },
      ],
    },
  },
  { files: ["scripts/**", "prisma/**", "test/**"], rules: { "no-console": "off" } },
);
