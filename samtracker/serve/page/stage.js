// The stage: a picture with masks, which is zoomed, moved and pointed at.

import { Cross } from "./cross.js";
import { drawCues } from "./cues.js";
import { Hidden } from "./hidden.js";
import { covers } from "./masks.js";
import { drawScene } from "./scene.js";

const STILL = 5; // how far a click may wander, in pixels of the screen
const PLACES = 1000; // of a stroke, at most: closer ones than a brush shows are left out

export class Stage {
  // What is not handled does nothing.
  constructor(canvas, handlers) {
    const nothing = () => {};
    Object.assign(this, { canvas, onClick: nothing, onBox: nothing, onPaint: nothing, onPress: nothing, onHover: nothing, onLens: nothing });
    Object.assign(this, handlers);
    this.radius = 0; // of the brush, in pixels of the picture
    this.view = "overlay";
    this.tool = "point";
    this.selected = null;
    this.hidden = new Hidden();
    this.cross = new Cross(this);
    this.at = null; // where the pointer is over the picture
    this.hovered = null; // the event of a mouse that has moved since a button or a key was pressed
    this.clear();
    this.context = canvas.getContext("2d");
    this.pointers = new Map();
    new ResizeObserver(() => this.resize()).observe(canvas);
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave", "wheel", "keydown"]) {
      canvas.addEventListener(name, (event) => this[name](event), { passive: false });
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    addEventListener("keydown", () => (this.hovered = null), { capture: true });
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
    this.cross.clear();
    this.canvas.ariaBusy = "true"; // nothing can be pointed at before there is a picture
    this.draw();
  }

  // The picture may be a bitmap or a canvas; its size decides where everything else is.
  show(picture, objects, clicks = []) {
    const anew = this.width && (picture.width !== this.width || picture.height !== this.height);
    this.picture = picture;
    this.width = picture.width;
    this.height = picture.height;
    this.objects = objects;
    this.clicks = clicks;
    if (anew || !this.scale) this.fit();
    this.canvas.ariaBusy = String(!this.scale);
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
    this.zoomed();
  }

  zoomed() {
    this.onLens(this.lens);
    this.draw();
  }

  // Which part of the picture is seen, and how large; two stages of one size may share it.
  get lens() {
    const { scale, left, top, fitted } = this;
    return { scale, left, top, fitted };
  }

  set lens(lens) {
    if (!lens.scale) return;
    Object.assign(this, lens);
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

  // The object that is seen at a place of the picture.
  objectAt(x, y) {
    return this.shown.find((item) => covers(item.mask, x, y));
  }

  get shown() {
    return this.objects.filter((item) => !this.hidden.has(item.id));
  }

  pointerdown(event) {
    if (!this.scale) return;
    const at = this.place(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at);
    this.ghost = this.hovered = null;
    this.cross.drop();
    if (this.pointers.size > 1) {
      this.gesture = { kind: "pinch" };
      this.stroke = this.box = null;
    } else if (event.button === 1 || this.tool === "pan") {
      event.preventDefault();
      this.gesture = { kind: "pan" };
    } else if (this.paints) {
      this.gesture = { kind: "paint" };
      this.beginStroke(this.inPicture(at), event.button === 2);
    } else {
      const label = event.button === 2 || this.tool === "background" ? 0 : 1;
      this.gesture = { kind: "point", label, begin: at, end: at, outside: !this.isInside(at) };
      if (event.pointerType !== "touch") this.onPress(); // two fingers may follow one
    }
  }

  pointermove(event) {
    const at = this.place(event), before = this.pointers.get(event.pointerId);
    if (!this.scale) return;
    this.at = event.pointerType !== "touch" && this.isInside(at) ? this.inPicture(at) : null;
    if (this.paints) this.draw();
    if (!before) {
      this.hovered = event.pointerType === "mouse" ? event : null;
      return this.hover();
    }
    const kind = this.gesture?.kind;
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
      this.stroke?.path.push(this.inPicture(at));
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
    if (gesture?.kind === "paint") this.endStroke();
    if (gesture?.kind !== "point") return;
    const drag = this.isDrag(gesture);
    const box = this.box;
    this.box = null;
    this.draw();
    if (drag) this.onBox(box, gesture.label);
    else if (!gesture.outside) this.onClick(...this.inPicture(gesture.begin), gesture.label);
  }

  pointercancel(event) {
    this.pointers.delete(event.pointerId);
    this.gesture = this.box = this.stroke = null;
    this.draw();
  }

  pointerleave() {
    this.at = this.hovered = null;
    this.draw();
    this.hover();
  }

  // Tells where a mouse rests: when it has moved there, and when what is under it is another.
  hover() {
    const at = this.hovered && this.scale && this.tool === "point" ? this.place(this.hovered) : null;
    this.onHover(at && this.isInside(at) ? this.inPicture(at) : null);
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), ...this.place(event));
  }

  isDrag({ begin, end } = this.gesture) {
    return Math.hypot(end[0] - begin[0], end[1] - begin[1]) > STILL;
  }

  boxOf() {
    return this.boxBetween(this.inPicture(this.gesture.begin), this.inPicture(this.gesture.end));
  }

  boxBetween([x1, y1], [x2, y2]) {
    return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2) + 1, Math.max(y1, y2) + 1].map(Math.round);
  }

  // Painting.

  get paints() {
    return this.tool === "brush" || this.tool === "eraser";
  }

  beginStroke(place, erase = false) {
    this.onPress();
    this.stroke = { path: [place], erase: erase || this.tool === "eraser" };
    this.draw();
  }

  // A stroke is through whole pixels, each of them once where it stays in one.
  endStroke() {
    if (!this.stroke) return;
    const { path, erase } = this.stroke;
    const pixels = path.map((place) => place.map(Math.floor));
    const moved = pixels.filter((place, number) => !number || String(place) !== String(pixels[number - 1]));
    const every = Math.ceil(moved.length / PLACES);
    const sparse = moved.filter((_, number) => number % every === 0 || number === moved.length - 1);
    this.onPaint({ path: sparse, radius: this.radius, erase });
  }

  // The keyboard points, too.

  keydown(event) {
    if (!this.scale || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.cross.take(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Drawing.

  draw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => this.paint());
  }

  get scene() {
    const { picture, width, height, view, selected, shown } = this;
    return { picture, width, height, view, selected, objects: shown };
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
    drawScene(context, this.scene, this.scale);
    const { ghost, stroke, clicks, box, radius } = this;
    const cross = document.activeElement === canvas ? this.cross.at : null;
    const ring = this.paints ? this.at || cross : null;
    drawCues(context, { ghost, stroke, clicks, box, cross, ring, radius }, this.scale);
  }
}
