// Every JSON file of the repository parses, and no lock file says from where its packages were downloaded.
"use strict";
const { execFileSync } = require("node:child_process");
const { readFileSync } = require("node:fs");

const files = execFileSync("git", ["ls-files", "-z", "--", "*.json"], { encoding: "utf8" }).split("\0").filter(Boolean);
const problems = [];
for (const file of files) {
    const text = readFileSync(file, "utf8");
    try {
        JSON.parse(text);
    } catch (error) {
        problems.push(`${file}: ${error.message}`);
    }
    if (file.endsWith("package-lock.json") && /"resolved"\s*:/.test(text)) {
        problems.push(`${file}: has download addresses; make it with: npm install --omit-lockfile-registry-resolved`);
    }
    if (!text.endsWith("\n") || text.includes("\r")) {
        problems.push(`${file}: lines must end with a line feed, the last one too`);
    }
}
for (const problem of problems) {
    console.error(problem);
}
process.exit(problems.length === 0 ? 0 : 1);
