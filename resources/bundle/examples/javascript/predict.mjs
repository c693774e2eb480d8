// node predict.mjs IMAGE…
import { labels, open } from "./classifier.mjs";

const classify = await open();
for (const path of process.argv.slice(2)) {
  const probabilities = await classify(path);
  const best = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 3);
  console.log(path, best.map((index) => `${labels[index]} ${probabilities[index].toFixed(4)}`).join(", "));
}
