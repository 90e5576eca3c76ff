// Before and after the last change, side by side.

import * as api from "./api.js";
import { $ } from "./dom.js";
import { Stage } from "./stage.js";

export class Compare {
  constructor() {
    const nothing = () => {};
    const handlers = { onClick: nothing, onBox: nothing, onPaint: nothing, onHover: nothing, onZoom: nothing };
    this.stage = new Stage($("#before"), handlers);
    this.stage.tool = "pan";
    this.on = false;
  }

  toggle() {
    this.on = !this.on;
    document.body.classList.toggle("comparing", this.on);
    $("#compare").setAttribute("aria-pressed", String(this.on));
  }

  look(view) {
    this.stage.view = view;
    this.stage.draw();
  }

  // Shows what a frame was like before the last change; `color` gives that of an object.
  async show(clip, frame, picture, view, color) {
    if (!this.on) return;
    const ticket = (this.ticket = Symbol("show"));
    const { frames } = await api.objects(clip, frame, 1, true);
    if (ticket !== this.ticket) return;
    this.stage.view = view;
    this.stage.show(picture, frames[frame].map((item) => ({ ...item, color: color(item.id) })));
  }
}
