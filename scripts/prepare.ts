/** `tsx scripts/prepare.ts [--build]`: what the demo prepares, for those who start no demo: schema, Prisma's client, the build. */
import { build, buildExtensions, fetchSchema, generateClient } from "./demo/prepare";
import { Problem } from "./demo/problem";

try {
  await fetchSchema();
  await generateClient();
  if (process.argv.includes("--build")) {
    await build();
    await buildExtensions("https://scrip.test");
  }
} catch (error) {
  console.error(error instanceof Problem ? error.message : error);
  process.exitCode = 1;
}
