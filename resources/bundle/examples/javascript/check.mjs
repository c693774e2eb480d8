// Compare this copy of the model with the stored answers.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, labels, open } from "./classifier.mjs";

const { tolerance = 1e-4 } = JSON.parse(readFileSync(join(bundle, "bundle.json"), "utf8"));
const expected = JSON.parse(readFileSync(join(bundle, "golden", "expected.json"), "utf8"));
const classify = await open();
let worst = 0;
for (const [name, wanted] of Object.entries(expected)) {
  const probabilities = await classify(join(bundle, "golden", name));
  const difference = Math.max(...wanted.map((value, index) => Math.abs(value - probabilities[index])));
  worst = Math.max(worst, difference);
  const best = probabilities.indexOf(Math.max(...probabilities));
  console.log(`${name}  ${labels[best]}  ${probabilities[best].toFixed(4)}  difference ${difference.toExponential(1)}`);
}
const agrees = worst <= tolerance;
console.log(`${Object.keys(expected).length} images, largest difference ${worst.toExponential(1)}: ${agrees ? "agrees" : "DIFFERS"}`);
process.exit(agrees ? 0 : 1);
