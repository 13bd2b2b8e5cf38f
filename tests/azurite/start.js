// Runs Azurite's blob service for as long as standard input stays open: however the test process ends, its end of the pipe closes.
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
require("azurite/dist/src/blob/main.js");
