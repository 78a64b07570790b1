import { defineConfig } from "vitest/config";

const everywhere = { globalSetup: ["test/global-setup.ts"], setupFiles: ["test/setup.ts"], testTimeout: 30_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...everywhere, name: "node", include: ["app/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"], exclude: ["test/browser/**", "test/long/**"] } },
      { test: { ...everywhere, name: "browser", include: ["test/browser/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false } },
    ],
  },
});
