// Ask a model about pixels that were decoded before: node pixels.mjs MODEL PIXELS SIZES; prints a list per picture.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ort = createRequire(join(process.cwd(), "here.js"))("onnxruntime-node");
const [model, pixels, sizes] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model);
const data = readFileSync(pixels);
let start = 0;
const answers = [];
for (const [height, width] of JSON.parse(readFileSync(sizes, "utf8"))) {
  const end = start + 3 * height * width;
  const image = new ort.Tensor("uint8", new Uint8Array(data.subarray(start, end)), [1, height, width, 3]);
  answers.push(Array.from((await session.run({ image }, ["probabilities"])).probabilities.data));
  start = end;
}
console.log(JSON.stringify(answers));
