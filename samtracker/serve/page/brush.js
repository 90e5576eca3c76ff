// The brush and the eraser: how wide they are, by a slider, a number and keys.

import { $ } from "./dom.js";

const LARGEST = 500; // radius in pixels of the picture: the largest that the server takes

export class Brush {
  // `changed` is called with the radius, in pixels of the picture.
  constructor(changed) {
    this.changed = changed;
    // Equal ways of the slider are equal factors: as fine at 3 pixels as at 300.
    $("#brush-slider").oninput = () => this.set((LARGEST + 1) ** ($("#brush-slider").value / 100) - 1);
    $("#brush-width").onchange = () => this.set(($("#brush-width").valueAsNumber - 1) / 2 || 0);
    this.set(10);
  }

  // A brush is a pixel with as many around it on each side as its radius: 1, 3, 5 ... pixels wide.
  set(radius) {
    this.radius = Math.min(Math.max(Math.round(radius), 0), LARGEST);
    const width = 2 * this.radius + 1;
    $("#brush-width").value = width;
    $("#brush-slider").value = (100 * Math.log(this.radius + 1)) / Math.log(LARGEST + 1);
    $("#brush-slider").setAttribute("aria-valuetext", `${width} pixels`);
    this.changed(this.radius);
  }

  // Wider (1) or thinner (-1), by about a fifth.
  step(way) {
    this.set(this.radius + way * Math.max(1, Math.round(this.radius / 5)));
  }
}
