/** The app's hot addresses as a process of their own, to be killed or told to stop. */
import { createServer } from "node:http";
import { closeDatabase } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { stopWhenTold } from "#app/lib/stop-server.server.ts";
import { beginStop } from "#app/lib/stopping.server.ts";
import { answerRequest } from "#app/routes/request.server.ts";

const server = createServer((request, response) => answerRequest(request, response, () => response.writeHead(404).end()));
stopWhenTold(server, { begin: beginStop, end: closeDatabase });
server.listen(env.PORT, "127.0.0.1", () => process.send?.("listening"));
