// The configurations of MlDurable.sln. Debug and Release leave out the projects whose packages are not on every feed (those that import
// eng/FullPackageFeed.props); Azure builds every project, each in its own Release.
//
//   node eng/azure-configuration.js          writes them, after `dotnet sln add`
//   node eng/azure-configuration.js --check  only says whether they are right
//   node eng/azure-configuration.js --left-out  prints the folders that Debug and Release leave out
"use strict";
const { readFileSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

const root = dirname(__dirname);
const file = join(root, "MlDurable.sln");
const text = readFileSync(file, "utf8");
const platforms = ["Any CPU", "x64", "x86"];
const projects = [...text.matchAll(/^Project\("[^"]*"\) = "[^"]*", "([^"]*\.csproj)", "(\{[^"]*\})"/gm)].map(([, path, id]) => ({
    id,
    folder: dirname(path.replaceAll("\\", "/")),
    full: /^\s*<Import Project="[^"]*FullPackageFeed\.props" \/>/m.test(readFileSync(join(root, path.replaceAll("\\", "/")), "utf8")),
}));

function withSection(whole, name, lines) {
    const pattern = new RegExp(`(GlobalSection\\(${name}\\)[^\\n]*\\n)[^]*?(\\tEndGlobalSection)`);
    if (!pattern.test(whole)) {
        throw new Error(`${file} has no section ${name}`);
    }
    return whole.replace(pattern, (_, head, tail) => head + lines.map((line) => `\t\t${line}\n`).join("") + tail);
}

if (process.argv.includes("--left-out")) {
    console.log(projects.filter((project) => project.full).map((project) => `${project.folder}/`).join(" "));
    process.exit(0);
}

const configurations = [];
const mappings = [];
for (const configuration of ["Azure", "Debug", "Release"]) {
    for (const platform of platforms) {
        configurations.push(`${configuration}|${platform} = ${configuration}|${platform}`);
    }
}
for (const { id, full } of projects) {
    for (const configuration of ["Azure", "Debug", "Release"]) {
        const own = configuration === "Azure" ? "Release" : configuration;
        for (const platform of platforms) {
            mappings.push(`${id}.${configuration}|${platform}.ActiveCfg = ${own}|Any CPU`);
            if (!full || configuration === "Azure") {
                mappings.push(`${id}.${configuration}|${platform}.Build.0 = ${own}|Any CPU`);
            }
        }
    }
}

const right = withSection(
    withSection(text, "SolutionConfigurationPlatforms", configurations), "ProjectConfigurationPlatforms", mappings);
if (right === text) {
    process.exit(0);
}
if (process.argv.includes("--check")) {
    console.error("The configurations of MlDurable.sln are not right; run: node eng/azure-configuration.js");
    process.exit(1);
}
writeFileSync(file, right);
