// Masks: from run lengths to what is drawn.

// The pixels of a mask's box, 1 inside the mask.
function decode({ box, runs }) {
  const bits = new Uint8Array(box[2] * box[3]);
  let place = 0;
  runs.forEach((length, number) => {
    if (number % 2) bits.fill(1, place, place + length);
    place += length;
  });
  return bits;
}

// The mask less a rim as wide as `reach`; beyond its box there is nothing of it.
function eroded(bits, width, height, reach) {
  const across = new Uint8Array(bits.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0, run = 0, row = y * width; x < width + reach; x++) {
      run = x < width && bits[row + x] ? run + 1 : 0;
      const middle = x - reach;
      if (middle >= 0 && run > 2 * reach) across[row + middle] = 1;
    }
  }
  const inner = new Uint8Array(bits.length);
  for (let x = 0; x < width; x++) {
    for (let y = 0, run = 0; y < height + reach; y++) {
      run = y < height && across[y * width + x] ? run + 1 : 0;
      const middle = y - reach;
      if (middle >= 0 && run > 2 * reach) inner[middle * width + x] = 1;
    }
  }
  return inner;
}

function painted(bits, width, height, [red, green, blue], skipped) {
  const canvas = new OffscreenCanvas(width, height);
  const data = new ImageData(width, height);
  const pixels = new Uint32Array(data.data.buffer);
  const color = (255 << 24) | (blue << 16) | (green << 8) | red;
  for (let i = 0; i < bits.length; i++) if (bits[i] && !(skipped && skipped[i])) pixels[i] = color;
  canvas.getContext("2d").putImageData(data, 0, 0);
  return canvas;
}

const drawn = new WeakMap();

// What is drawn of a mask in a color: {x, y, fill, outline}; null of an empty one.
export function layers(mask, color, reach) {
  if (!mask.box) return null;
  const key = `${color} ${reach}`;
  const known = drawn.get(mask);
  if (known && known.key === key) return known;
  const [x, y, width, height] = mask.box;
  const bits = decode(mask);
  const made = {
    key, x, y,
    fill: painted(bits, width, height, color),
    outline: painted(bits, width, height, color, eroded(bits, width, height, reach)),
  };
  drawn.set(mask, made);
  return made;
}

// Whether a pixel is in a mask.
export function covers(mask, x, y) {
  if (!mask.box) return false;
  const [left, top, width, height] = mask.box;
  const column = Math.floor(x) - left, row = Math.floor(y) - top;
  if (column < 0 || row < 0 || column >= width || row >= height) return false;
  let place = row * width + column;
  for (let number = 0; number < mask.runs.length; number++) {
    if (place < mask.runs[number]) return number % 2 === 1;
    place -= mask.runs[number];
  }
  return false;
}
