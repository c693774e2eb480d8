// A model of Sightline in Node: decodes PNG and JPEG, and asks the model.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import jpeg from "jpeg-js";
import ort from "onnxruntime-node";
import { PNG } from "pngjs";

export const bundle = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const labels = readFileSync(join(bundle, "labels.txt"), "utf8").split(/\r?\n/).slice(0, -1);

// The orientation in a JPEG's EXIF data, 1 to 8; 1 is upright.
function orientation(data) {
  for (let at = 2; at + 4 <= data.length && data[at] === 0xff && data[at + 1] !== 0xda; at += 2 + data.readUInt16BE(at + 2)) {
    if (data[at + 1] !== 0xe1 || data.toString("latin1", at + 4, at + 8) !== "Exif") continue;
    const tiff = at + 10;
    const little = data.toString("latin1", tiff, tiff + 2) === "II";
    const short = (place) => (little ? data.readUInt16LE(place) : data.readUInt16BE(place));
    const long = (place) => (little ? data.readUInt32LE(place) : data.readUInt32BE(place));
    const directory = tiff + long(tiff + 4);
    for (let entry = directory + 2; entry < directory + 2 + 12 * short(directory); entry += 12) {
      if (short(entry) === 0x0112) return short(entry + 8);
    }
  }
  return 1;
}

// Which pixel of the stored picture belongs at (x, y) of the upright one, width × height.
const SOURCES = {
  1: (x, y) => [x, y],
  2: (x, y, width) => [width - 1 - x, y],
  3: (x, y, width, height) => [width - 1 - x, height - 1 - y],
  4: (x, y, width, height) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, width) => [y, width - 1 - x],
  7: (x, y, width, height) => [height - 1 - y, width - 1 - x],
  8: (x, y, width, height) => [height - 1 - y, x],
};

// Decode a PNG or JPEG to RGB, upright, and on white where it is transparent.
export function readImage(path) {
  const data = readFileSync(path);
  const png = data[0] === 0x89;
  const stored = png ? PNG.sync.read(data) : jpeg.decode(data, { useTArray: true });
  const turn = png ? 1 : orientation(data);
  const [width, height] = turn > 4 ? [stored.height, stored.width] : [stored.width, stored.height];
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const [column, row] = (SOURCES[turn] ?? SOURCES[1])(x, y, width, height);
      const from = 4 * (row * stored.width + column);
      const opacity = stored.data[from + 3];
      for (let colour = 0; colour < 3; colour++) {
        rgb[to + colour] = (stored.data[from + colour] * opacity + 255 * (255 - opacity) + 127) / 255;
      }
    }
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
