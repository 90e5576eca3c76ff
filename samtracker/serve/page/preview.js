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
    this.resting = null;
    if (this.stage.ghost) {
      this.stage.ghost = null;
      this.stage.draw();
    }
    if (frame !== null) this.resting = setTimeout(() => this.ask(frame, at), REST);
  }

  async ask(frame, [x, y]) {
    if (this.asking) return;
    const { resting } = this;
    this.asking = true;
    try {
      const found = await api.preview(frame, x, y);
      if (resting !== this.resting) return;
      this.stage.ghost = found.mask;
      this.stage.draw();
    } catch {
      // where nothing is found nothing is shown
    } finally {
      this.asking = false;
    }
  }
}
