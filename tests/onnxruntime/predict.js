// Runs an ONNX model in an independent runtime.
// Usage: node predict.js MODEL_FILE < COLUMNS   COLUMNS is JSON: {"name": {"type": "float64" | "string", "values": [number, string or null, …]}, …}; null is NaN.
// Prints JSON: {"output": {"shape": [rows, columns], "values": […]}, …}
"use strict";
const { readFileSync } = require("node:fs");
const ort = require("onnxruntime-web");

async function main() {
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = "error";
    const session = await ort.InferenceSession.create(readFileSync(process.argv[2]));
    const columns = JSON.parse(readFileSync(0, "utf8"));
    const feeds = {};
    for (const [name, { type, values }] of Object.entries(columns)) {
        const cells = type === "string" ? values : Float64Array.from(values, (value) => value ?? NaN);
        feeds[name] = new ort.Tensor(type, cells, [values.length, 1]);
    }
    const results = await session.run(feeds);
    const printed = {};
    for (const [name, tensor] of Object.entries(results)) {
        printed[name] = { shape: tensor.dims, values: Array.from(tensor.data, (value) => (typeof value === "bigint" ? Number(value) : value)) };
    }
    process.stdout.write(JSON.stringify(printed));
}

main().catch((error) => {
    process.stderr.write(`${error.stack ?? error}\n`);
    process.exit(1);
});
