// The mask that a click would give, where the pointer rests.

import * as api from "./api.js";

const REST = 120; // milliseconds that the pointer rests before a preview is asked for

export class Preview {
  constructor(stage) {
    this.stage = stage;
  }

  // The pointer has moved: `frame` is what it is in, null where nothing is to be shown.
  moved(frame, at) {
    clearTimeout(this.resting);
    this.wanted = null;
    if (this.stage.ghost) {
      this.stage.ghost = null;
      this.stage.draw();
    }
    if (frame !== null) this.resting = setTimeout(() => this.ask({ frame, at }), REST);
  }

  // One preview is asked for at a time; then that of the place where the pointer rests by now.
  async ask(place) {
    this.wanted = place;
    if (this.asking) return;
    this.asking = true;
    while (this.wanted) {
      const { wanted } = this;
      const found = await api.preview(wanted.frame, ...wanted.at).catch(() => null);
      if (wanted !== this.wanted) continue;
      this.wanted = null;
      this.stage.ghost = found && found.mask; // where nothing is found nothing is shown
      this.stage.draw();
    }
    this.asking = false;
  }
}
