// The mask that a click would give, where the pointer rests.

const REST = 120; // milliseconds that the pointer rests before a preview is asked for

export class Preview {
  // `ask` is given a prompt, and brings {mask}, or none where nothing is found.
  constructor(stage, ask) {
    Object.assign(this, { stage, ask });
  }

  // The pointer has moved: `prompt` is what a click would be, null where nothing is to be shown.
  moved(prompt) {
    clearTimeout(this.resting);
    this.wanted = null;
    if (this.stage.ghost) {
      this.stage.ghost = null;
      this.stage.draw();
    }
    if (prompt) this.resting = setTimeout(() => this.rested(prompt), REST);
  }

  // One preview is asked for at a time; then that of the place where the pointer rests by now.
  async rested(prompt) {
    this.wanted = prompt;
    if (this.asking) return;
    this.asking = true;
    while (this.wanted) {
      const { wanted } = this;
      const found = await this.ask(wanted).catch(() => ({}));
      if (wanted !== this.wanted) continue;
      this.wanted = null;
      this.stage.ghost = found.mask || null;
      this.stage.draw();
    }
    this.asking = false;
  }
}
