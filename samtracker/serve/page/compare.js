// Before and after the last change, side by side.

import * as api from "./api.js";
import { $ } from "./dom.js";
import { Stage } from "./stage.js";

export class Compare {
  // `after` is the stage beside it: what is hidden there is hidden here, and one zooms both.
  constructor(after) {
    this.after = after;
    const onLens = (lens) => {
      after.lens = lens;
      after.onLens(lens);
    };
    this.stage = new Stage($("#before"), { onLens });
    this.stage.tool = "pan";
    this.stage.hidden = after.hidden;
    this.on = false;
  }

  toggle() {
    this.on = !this.on;
    this.stage.lens = this.after.lens;
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
    this.stage.lens = this.after.lens;
    this.stage.show(picture, frames[frame].map((item) => ({ ...item, color: color(item.id) })));
  }
}
