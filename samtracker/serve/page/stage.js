// The stage: a picture with masks, which is zoomed, moved and pointed at.

import { css, ink } from "./dom.js";
import { layers } from "./masks.js";

const STILL = 5; // how far a click may wander, in pixels of the screen
const STEP = 8; // pixels of the picture that an arrow moves the cross

export class Stage {
  constructor(canvas, { onClick, onBox, onPaint, onHover, onZoom }) {
    Object.assign(this, { canvas, onClick, onBox, onPaint, onHover, onZoom });
    this.radius = 10; // of the brush, in pixels of the picture
    this.view = "overlay";
    this.tool = "point";
    this.selected = null;
    this.hidden = new Set();
    this.cross = null;
    this.clear();
    this.context = canvas.getContext("2d");
    this.pointers = new Map();
    new ResizeObserver(() => this.resize()).observe(canvas);
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave", "wheel", "keydown"]) {
      canvas.addEventListener(name, (event) => this[name](event), { passive: false });
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  clear() {
    this.picture = null;
    this.width = this.height = 0;
    this.objects = [];
    this.clicks = [];
    this.box = null;
    this.ghost = null;
    this.stroke = null;
    this.scale = null;
    this.canvas.ariaBusy = "true"; // nothing can be pointed at before there is a picture
    this.draw();
  }

  // The picture may be a bitmap or a canvas; its size decides where everything else is.
  show(picture, objects, clicks = []) {
    const anew = picture.width !== this.width || picture.height !== this.height || !this.scale;
    this.picture = picture;
    this.width = picture.width;
    this.height = picture.height;
    this.objects = objects;
    this.clicks = clicks;
    if (anew) this.fit();
    this.draw();
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    if (this.fitted || !this.scale) this.fit();
    this.paint();
  }

  // Zooming and moving.

  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!this.width || !clientWidth) return;
    this.scale = Math.min(clientWidth / this.width, clientHeight / this.height);
    this.left = (clientWidth - this.width * this.scale) / 2;
    this.top = (clientHeight - this.height * this.scale) / 2;
    this.fitted = true;
    this.canvas.ariaBusy = "false";
    this.zoomed();
  }

  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    if (!this.scale) return;
    const scale = Math.min(Math.max(this.scale * factor, 0.05), 32);
    this.left = x - ((x - this.left) * scale) / this.scale;
    this.top = y - ((y - this.top) * scale) / this.scale;
    this.scale = scale;
    this.fitted = false;
    this.zoomed();
  }

  move(x, y) {
    this.left += x;
    this.top += y;
    this.fitted = false;
    this.draw();
  }

  zoomed() {
    this.onZoom(this.scale);
    this.draw();
  }

  // Mouse, pen and fingers.

  place(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  inPicture([x, y]) {
    const limit = (value, most) => Math.min(Math.max(value, 0), most - 0.01);
    return [limit((x - this.left) / this.scale, this.width), limit((y - this.top) / this.scale, this.height)];
  }

  isInside([x, y]) {
    const right = this.left + this.width * this.scale, bottom = this.top + this.height * this.scale;
    return x >= this.left && y >= this.top && x < right && y < bottom;
  }

  pointerdown(event) {
    if (!this.scale) return;
    const at = this.place(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at);
    this.ghost = null;
    if (this.pointers.size > 1) {
      this.gesture = { kind: "pinch" };
    } else if (event.button === 1 || this.tool === "pan") {
      event.preventDefault();
      this.gesture = { kind: "pan" };
    } else if (this.tool === "brush" || this.tool === "eraser") {
      this.gesture = { kind: "paint" };
      this.stroke = { path: [this.inPicture(at)], erase: this.tool === "eraser" || event.button === 2 };
      this.draw();
    } else {
      const label = event.button === 2 || this.tool === "background" ? 0 : 1;
      this.gesture = { kind: "point", label, begin: at, end: at, outside: !this.isInside(at) };
    }
  }

  pointermove(event) {
    const at = this.place(event), before = this.pointers.get(event.pointerId);
    if (!before) {
      if (this.scale && this.tool === "point" && event.pointerType === "mouse") {
        this.onHover(this.isInside(at) ? this.inPicture(at) : null);
      }
      return;
    }
    const { kind } = this.gesture;
    if (kind === "pan") {
      this.move(at[0] - before[0], at[1] - before[1]);
    } else if (kind === "pinch") {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const span = (from) => Math.hypot(from[0] - other[0], from[1] - other[1]) || 1;
        this.move((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
        this.zoom(span(at) / span(before), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
      }
    } else if (kind === "paint") {
      this.stroke.path.push(this.inPicture(at));
      this.draw();
    } else if (kind === "point") {
      this.gesture.end = at;
      this.box = this.isDrag() && this.gesture.label ? this.boxOf() : null;
      this.draw();
    }
    this.pointers.set(event.pointerId, at);
  }

  pointerup(event) {
    const gesture = this.gesture;
    this.pointers.delete(event.pointerId);
    if (this.pointers.size) return;
    this.gesture = null;
    if (gesture?.kind === "paint") this.onPaint({ ...this.stroke, radius: this.radius });
    if (gesture?.kind !== "point") return;
    const drag = this.isDrag(gesture);
    const box = this.box;
    this.box = null;
    this.draw();
    if (box) this.onBox(box);
    else if (!drag && !gesture.outside) this.onClick(...this.inPicture(gesture.begin), gesture.label);
  }

  pointercancel(event) {
    this.pointers.delete(event.pointerId);
    this.gesture = this.box = this.stroke = null;
    this.draw();
  }

  pointerleave() {
    this.onHover(null);
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), ...this.place(event));
  }

  isDrag({ begin, end } = this.gesture) {
    return Math.hypot(end[0] - begin[0], end[1] - begin[1]) > STILL;
  }

  boxOf() {
    const [x1, y1] = this.inPicture(this.gesture.begin), [x2, y2] = this.inPicture(this.gesture.end);
    return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2) + 1, Math.max(y1, y2) + 1].map(Math.round);
  }

  // The keyboard points, too.

  keydown(event) {
    if (!this.scale || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (arrow) {
      const [x, y] = this.cross || [this.width / 2, this.height / 2];
      const step = event.shiftKey ? 1 : STEP;
      const limit = (value, most) => Math.min(Math.max(value, 0), most - 1);
      this.cross = [limit(x + step * arrow[0], this.width), limit(y + step * arrow[1], this.height)];
      this.draw();
    } else if (this.cross && (event.key === "Enter" || event.key === "Backspace")) {
      this.onClick(...this.cross, event.key === "Enter" ? 1 : 0);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // Drawing.

  draw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const { context, canvas } = this;
    const ratio = canvas.width / (canvas.clientWidth || 1);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.picture || !this.scale) return;
    const unit = this.scale * ratio;
    context.setTransform(unit, 0, 0, unit, this.left * ratio, this.top * ratio);
    context.imageSmoothingEnabled = this.scale < 4;
    const reach = Math.max(1, Math.round(1.4 / this.scale));
    const shown = this.objects.filter((item) => !this.hidden.has(item.id));
    const layered = shown.map((item) => [item, layers(item.mask, item.color, reach)]).filter(([, it]) => it);
    if (this.view === "mask") {
      context.fillStyle = "#000";
      context.fillRect(0, 0, this.width, this.height);
    } else if (this.view === "cutout") {
      this.paintCutOut(layered);
    } else {
      context.drawImage(this.picture, 0, 0);
    }
    for (const [item, { x, y, fill, outline }] of layered) {
      if (this.view === "overlay" || this.view === "mask") {
        context.globalAlpha = this.view === "mask" ? 1 : 0.42;
        context.drawImage(fill, x, y);
        context.globalAlpha = 1;
      }
      if (this.view === "overlay" || this.view === "outline") context.drawImage(outline, x, y);
      if (this.view !== "cutout") this.paintLabel(item, x, y);
    }
    if (this.ghost) this.paintGhost(reach);
    if (this.stroke) this.paintStroke();
    this.paintMarks();
  }

  paintCutOut(layered) {
    const { context } = this;
    const side = 12 / this.scale;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, this.width, this.height);
    context.fillStyle = "#ccc";
    for (let y = 0, row = 0; y < this.height; y += side, row++) {
      for (let x = row % 2 ? side : 0; x < this.width; x += 2 * side) {
        context.fillRect(x, y, Math.min(side, this.width - x), Math.min(side, this.height - y));
      }
    }
    const cut = new OffscreenCanvas(this.width, this.height), cutting = cut.getContext("2d");
    for (const [, { x, y, fill }] of layered) cutting.drawImage(fill, x, y);
    cutting.globalCompositeOperation = "source-in";
    cutting.drawImage(this.picture, 0, 0);
    context.drawImage(cut, 0, 0);
  }

  paintLabel(item, x, y) {
    const { context } = this;
    const text = [item.name || item.id, item.state === "tracking" ? "" : item.state].filter(Boolean).join(" · ");
    const size = 12 / this.scale, pad = 5 / this.scale;
    const chosen = item.id === this.selected;
    context.font = `${chosen ? 700 : 500} ${size}px system-ui, "Liberation Sans", sans-serif`;
    const width = context.measureText(text).width + 2 * pad, height = size + 1.4 * pad;
    const left = Math.min(x, this.width - width), top = Math.max(y - height - 2 / this.scale, 0);
    context.fillStyle = css(item.color);
    context.beginPath();
    context.roundRect(left, top, width, height, 4 / this.scale);
    context.fill();
    if (chosen) {
      context.strokeStyle = ink(item.color);
      context.lineWidth = 1.5 / this.scale;
      context.stroke();
    }
    context.fillStyle = ink(item.color);
    context.textBaseline = "middle";
    context.fillText(text, left + pad, top + height / 2);
  }

  paintGhost(reach) {
    const ghost = layers(this.ghost, [255, 255, 255], reach);
    if (!ghost) return;
    this.context.globalAlpha = 0.3;
    this.context.drawImage(ghost.fill, ghost.x, ghost.y);
    this.context.globalAlpha = 0.9;
    this.context.drawImage(ghost.outline, ghost.x, ghost.y);
    this.context.globalAlpha = 1;
  }

  paintStroke() {
    const { context } = this;
    const [[x, y], ...more] = this.stroke.path;
    context.lineWidth = 2 * this.radius + 1;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = this.stroke.erase ? "rgb(197 40 28 / 55%)" : "rgb(28 138 60 / 55%)";
    context.beginPath();
    context.moveTo(x, y);
    for (const place of more.length ? more : [[x, y]]) context.lineTo(...place);
    context.stroke();
    context.lineCap = "butt";
  }

  paintMarks() {
    const { context } = this;
    const pixel = 1 / this.scale;
    for (const [x, y, label] of this.clicks) {
      context.beginPath();
      context.arc(x, y, 6 * pixel, 0, 2 * Math.PI);
      context.fillStyle = label ? "#1c8a3c" : "#c5281c";
      context.fill();
      context.lineWidth = 2 * pixel;
      context.strokeStyle = "#fff";
      context.stroke();
      context.beginPath();
      context.moveTo(x - 3 * pixel, y);
      context.lineTo(x + 3 * pixel, y);
      if (label) {
        context.moveTo(x, y - 3 * pixel);
        context.lineTo(x, y + 3 * pixel);
      }
      context.stroke();
    }
    if (this.box) {
      const [x1, y1, x2, y2] = this.box;
      for (const [color, dash] of [["#000", []], ["#fff", [5 * pixel, 4 * pixel]]]) {
        context.setLineDash(dash);
        context.lineWidth = 1.6 * pixel;
        context.strokeStyle = color;
        context.strokeRect(x1, y1, x2 - x1, y2 - y1);
      }
      context.setLineDash([]);
    }
    if (this.cross && document.activeElement === this.canvas) {
      const [x, y] = this.cross;
      for (const [color, width] of [["#000", 3], ["#fff", 1.4]]) {
        context.lineWidth = width * pixel;
        context.strokeStyle = color;
        context.beginPath();
        context.moveTo(x - 14 * pixel, y);
        context.lineTo(x + 14 * pixel, y);
        context.moveTo(x, y - 14 * pixel);
        context.lineTo(x, y + 14 * pixel);
        context.stroke();
      }
    }
  }
}
