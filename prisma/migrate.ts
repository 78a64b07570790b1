/** `npm run migrate`: brings the database to the newest schema, and the job queue's own tables with it. */
import { runMigrations } from "graphile-worker";
import { openDatabase } from "#scripts/database.ts";
import { applyMigrations } from "./migrations";

const database = await openDatabase();
try {
  const applied = await applyMigrations(database.url);
  await runMigrations({ connectionString: database.url });
  console.log(applied.length ? `applied ${applied.join(", ")}` : "nothing to apply");
} finally {
  await database.stop();
}
