// A model of Sightline in Node: decodes PNG and JPEG, and asks the model.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import jpeg from "jpeg-js";
import ort from "onnxruntime-node";
import { PNG } from "pngjs";

export const bundle = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const labels = readFileSync(join(bundle, "labels.txt"), "utf8").split(/\r?\n/).slice(0, -1);

// A JPEG with EXIF orientation is not turned here: use pictures that are upright.
export function readImage(path) {
  const data = readFileSync(path);
  const { width, height, data: rgba } =
    data[0] === 0x89 ? PNG.sync.read(data) : jpeg.decode(data, { useTArray: true });
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb.set(rgba.subarray(4 * pixel, 4 * pixel + 3), 3 * pixel);
  }
  return new ort.Tensor("uint8", rgb, [1, height, width, 3]);
}

export async function open() {
  const session = await ort.InferenceSession.create(join(bundle, "model.onnx"));
  return async (path) => {
    const { probabilities } = await session.run({ image: readImage(path) }, ["probabilities"]);
    return probabilities.data;
  };
}
