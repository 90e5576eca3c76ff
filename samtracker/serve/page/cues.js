// What shows where one points: preview, stroke, clicks, box, cross, and the ring of the brush.

import { layers } from "./masks.js";

// All of them in pixels of the picture; `scale` is how large one is on the screen.
export function drawCues(context, { ghost, stroke, clicks, box, cross, ring, radius }, scale) {
  const pixel = 1 / scale;
  if (ghost) drawGhost(context, ghost, Math.max(1, Math.round(1.4 / scale)));
  if (stroke) drawStroke(context, stroke, radius);
  for (const click of clicks) drawClick(context, click, pixel);
  if (box) {
    const [x1, y1, x2, y2] = box;
    for (const [color, dash] of [["#000", []], ["#fff", [5 * pixel, 4 * pixel]]]) {
      context.setLineDash(dash);
      outline(context, color, 1.6 * pixel, () => context.rect(x1, y1, x2 - x1, y2 - y1));
    }
    context.setLineDash([]);
  }
  if (ring) {
    const [x, y] = middle(ring);
    twice(context, pixel, () => context.arc(x, y, radius + 0.5, 0, 2 * Math.PI));
  }
  if (cross) {
    const [x, y] = cross;
    twice(context, pixel, () => {
      context.moveTo(x - 14 * pixel, y);
      context.lineTo(x + 14 * pixel, y);
      context.moveTo(x, y - 14 * pixel);
      context.lineTo(x, y + 14 * pixel);
    });
  }
}

// The middle of the pixel that a place is in: the brush paints whole pixels around it.
const middle = ([x, y]) => [Math.floor(x) + 0.5, Math.floor(y) + 0.5];

function outline(context, color, width, path) {
  context.lineWidth = width;
  context.strokeStyle = color;
  context.beginPath();
  path();
  context.stroke();
}

// To be seen on dark and on bright pictures.
function twice(context, pixel, path) {
  outline(context, "#000", 3 * pixel, path);
  outline(context, "#fff", 1.4 * pixel, path);
}

function drawGhost(context, mask, reach) {
  const ghost = layers(mask, [255, 255, 255], reach);
  if (!ghost) return;
  context.globalAlpha = 0.3;
  context.drawImage(ghost.fill, ghost.x, ghost.y);
  context.globalAlpha = 0.9;
  context.drawImage(ghost.outline, ghost.x, ghost.y);
  context.globalAlpha = 1;
}

function drawStroke(context, { path, erase }, radius) {
  context.lineCap = context.lineJoin = "round";
  outline(context, erase ? "rgb(197 40 28 / 55%)" : "rgb(28 138 60 / 55%)", 2 * radius + 1, () => {
    context.moveTo(...middle(path[0]));
    for (const place of path) context.lineTo(...middle(place));
  });
  context.lineCap = "butt";
}

function drawClick(context, [x, y, label], pixel) {
  context.beginPath();
  context.arc(x, y, 6 * pixel, 0, 2 * Math.PI);
  context.fillStyle = label ? "#1c8a3c" : "#c5281c";
  context.fill();
  outline(context, "#fff", 2 * pixel, () => context.arc(x, y, 6 * pixel, 0, 2 * Math.PI));
  outline(context, "#fff", 2 * pixel, () => {
    context.moveTo(x - 3 * pixel, y);
    context.lineTo(x + 3 * pixel, y);
    if (label) {
      context.moveTo(x, y - 3 * pixel);
      context.lineTo(x, y + 3 * pixel);
    }
  });
}
