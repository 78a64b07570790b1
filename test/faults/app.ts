/** The app's hot addresses as a process of their own, to be killed. */
import { createServer } from "node:http";
import { env } from "#app/lib/env.server.ts";
import { answerHot } from "#app/routes/hot.server.ts";

createServer((request, response) => {
  if (!answerHot(request, response)) response.writeHead(404).end();
}).listen(env.PORT, "127.0.0.1", () => process.send?.("listening"));
