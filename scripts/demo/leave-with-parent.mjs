// Preloaded into every process the demo starts: when the demo is killed outright, its channel breaks and they stop by themselves.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
