// The strip of thumbnails over the slider, with what is marked of the video.

import * as api from "./api.js";
import { $ } from "./dom.js";

const HEIGHT = 40; // pixels of a thumbnail
const EDGE = 6; // the middle of the slider's thumb at its ends is that far from the edges

export class Strip {
  constructor(seek) {
    this.seek = seek;
    this.canvas = $("#strip");
    this.thumbnails = new Map();
    new ResizeObserver(() => this.refresh()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
    this.canvas.onpointerdown = (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.go(event);
    };
    this.canvas.onpointermove = (event) => event.buttons && this.go(event);
  }

  go(event) {
    const { left, width } = this.canvas.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - left - EDGE) / (width - 2 * EDGE), 0), 1);
    this.seek(Math.round(share * (this.clip.frames - 1)));
  }

  show(clip, marks) {
    if (clip.id !== this.clip?.id) this.thumbnails.clear();
    Object.assign(this, { clip, marks });
    this.refresh();
  }

  refresh() {
    this.paint();
    if (this.clip?.complete) this.fetch();
  }

  // The frames that the strip has room for.
  wanted() {
    const { clip, canvas } = this;
    const wide = (HEIGHT * clip.width) / clip.height;
    const count = Math.max(Math.min(Math.ceil(canvas.clientWidth / wide), clip.frames), 1);
    return Array.from({ length: count }, (_, number) => Math.floor(((number + 0.5) / count) * clip.frames));
  }

  // The next of them that is not here; the strip may have become wider meanwhile.
  missing() {
    return this.wanted().find((frame) => !this.thumbnails.has(frame));
  }

  async fetch() {
    if (this.fetching) return;
    this.fetching = true;
    const { clip } = this;
    try {
      for (let frame; (frame = this.missing()) !== undefined; ) {
        const thumbnail = await api.picture(clip.id, frame, { resizeHeight: 2 * HEIGHT, resizeQuality: "medium" });
        if (clip.id !== this.clip.id) break;
        this.thumbnails.set(frame, thumbnail);
        this.paint();
      }
    } catch {
      // a strip without pictures is still a strip
    } finally {
      this.fetching = false;
    }
    if (clip.id !== this.clip.id) this.refresh();
  }

  paint() {
    const { canvas, clip, marks } = this;
    if (!clip?.frames || !canvas.clientWidth) return;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    context.fillStyle = style.getPropertyValue("--raised");
    context.fillRect(0, 0, width, height);
    const frames = this.wanted(), pitch = width / frames.length;
    frames.forEach((frame, number) => {
      const picture = this.thumbnails.get(frame);
      if (!picture) return;
      const share = Math.min(pitch / height, picture.width / picture.height); // what is cut off is at both sides
      const cut = share * picture.height;
      context.drawImage(picture, (picture.width - cut) / 2, 0, cut, picture.height, number * pitch, 0, pitch, height);
    });
    const x = (frame) => EDGE + (clip.frames > 1 ? (frame * (width - 2 * EDGE)) / (clip.frames - 1) : 0);
    const left = x(marks.first), right = x(marks.end(clip));
    context.fillStyle = style.getPropertyValue("--panel");
    context.globalAlpha = 0.8;
    if (marks.first > 0) context.fillRect(0, 0, left, height);
    if (marks.last !== null) context.fillRect(right, 0, width - right, height);
    context.globalAlpha = 1;
    context.fillStyle = style.getPropertyValue("--accent");
    if (marks.first > 0) context.fillRect(left - 1, 0, 3, height);
    if (marks.last !== null) context.fillRect(right - 2, 0, 3, height);
  }
}
