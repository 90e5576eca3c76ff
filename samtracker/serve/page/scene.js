// A picture with its masks, drawn in pixels of the picture.

import { css, ink, STATES } from "./dom.js";
import { layers } from "./masks.js";

// `scale` is how large a pixel of the picture becomes: lines and letters keep their size.
export function drawScene(context, scene, scale) {
  const { picture, width, height, view } = scene;
  const reach = Math.max(1, Math.round(1.4 / scale));
  const layered = scene.objects.map((item) => [item, layers(item.mask, item.color, reach)]).filter(([, it]) => it);
  if (view === "mask") {
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
  } else if (view === "cutout") {
    drawCutOut(context, scene, layered, scale);
  } else {
    context.drawImage(picture, 0, 0);
  }
  const labels = []; // those that are drawn: another one goes below them
  for (const [item, { x, y, fill, outline }] of layered) {
    if (view === "overlay" || view === "mask") {
      context.globalAlpha = view === "mask" ? 1 : 0.42;
      context.drawImage(fill, x, y);
      context.globalAlpha = 1;
    }
    if (view === "overlay" || view === "outline") context.drawImage(outline, x, y);
    if (view !== "cutout") labels.push(drawLabel(context, scene, item, x, y, scale, labels));
  }
}

// Draws a scene in its own size, for what is kept of it.
export function renderScene(canvas, scene) {
  const { width, height } = scene;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  drawScene(canvas.getContext("2d"), { ...scene, selected: null }, 1);
}

function drawCutOut(context, { picture, width, height }, layered, scale) {
  const side = 12 / scale;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#ccc";
  for (let y = 0, row = 0; y < height; y += side, row++) {
    for (let x = row % 2 ? side : 0; x < width; x += 2 * side) {
      context.fillRect(x, y, Math.min(side, width - x), Math.min(side, height - y));
    }
  }
  const cut = new OffscreenCanvas(width, height), cutting = cut.getContext("2d");
  for (const [, { x, y, fill }] of layered) cutting.drawImage(fill, x, y);
  cutting.globalCompositeOperation = "source-in";
  cutting.drawImage(picture, 0, 0);
  context.drawImage(cut, 0, 0);
}

function drawLabel(context, scene, item, x, y, scale, others) {
  const text = [item.name || item.id, item.state === "tracking" ? "" : STATES[item.state]].filter(Boolean).join(" · ");
  const size = 12 / scale, pad = 5 / scale;
  const chosen = item.id === scene.selected;
  context.font = `${chosen ? 700 : 500} ${size}px system-ui, "Liberation Sans", sans-serif`;
  const width = context.measureText(text).width + 2 * pad, height = size + 1.4 * pad;
  const left = Math.min(x, scene.width - width);
  let top = Math.max(y - height - 2 / scale, 0);
  const isUnder = (other) => left < other.left + other.width && other.left < left + width && Math.abs(top - other.top) < height;
  for (let under; (under = others.find(isUnder)); ) top = under.top + height + 1 / scale;
  context.fillStyle = css(item.color);
  context.beginPath();
  context.roundRect(left, top, width, height, 4 / scale);
  context.fill();
  if (chosen) {
    context.strokeStyle = ink(item.color);
    context.lineWidth = 1.5 / scale;
    context.stroke();
  }
  context.fillStyle = ink(item.color);
  context.textBaseline = "middle";
  context.fillText(text, left + pad, top + height / 2);
  return { left, top, width };
}
