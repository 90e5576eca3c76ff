// The markers: from which frame to which one is played, tracked and downloaded.

import { $ } from "./dom.js";

export class Marks {
  // `changed` is called when they are.
  constructor(changed) {
    this.changed = changed;
    this.clear();
  }

  clear() {
    this.first = 0;
    this.last = null; // that of the video
  }

  // The same marker set again in the same frame is taken away.
  setFirst(frame) {
    this.first = frame === this.first ? 0 : frame;
    if (this.last !== null && this.last < this.first) this.last = null;
    this.changed();
  }

  setLast(frame) {
    this.last = frame === this.last ? null : frame;
    if (this.last !== null && this.first > this.last) this.first = 0;
    this.changed();
  }

  // The last frame of those marked.
  end(clip) {
    return Math.min(this.last ?? Infinity, clip.frames - 1);
  }

  show() {
    $("#mark-first").setAttribute("aria-pressed", String(this.first > 0));
    $("#mark-last").setAttribute("aria-pressed", String(this.last !== null));
  }
}
