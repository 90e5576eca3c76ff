// Playing: frame after frame at the speed of the video, as fast as the pictures come.

import { $, setIcon } from "./dom.js";

const LEAP = 8; // frames that may be left out between two pictures
const AHEAD = 6; // pictures that are fetched before they are due

export class Player {
  // `show` shows a frame and returns when that is done; `fetch` only fetches its picture.
  constructor(show, fetch) {
    Object.assign(this, { show, fetch, run: null });
  }

  get playing() {
    return this.run !== null;
  }

  // `count` tells how many frames there are by now.
  async play(first, count, fps) {
    const run = (this.run = { start: performance.now() });
    setIcon($("#play"), "pause", "Pause");
    for (let frame = first; this.run === run && frame < count(); ) {
      await this.show(frame);
      for (let ahead = 1; ahead < AHEAD; ahead++) if (frame + ahead < count()) this.fetch(frame + ahead);
      await new Promise(requestAnimationFrame);
      const due = first + Math.floor(((performance.now() - run.start) / 1000) * fps);
      if (due > frame + LEAP) run.start += ((due - frame - 1) / fps) * 1000; // it comes too slowly: no leaps
      frame = Math.max(Math.min(due, frame + LEAP), frame + (due > frame ? 1 : 0));
    }
    if (this.run === run) this.pause();
  }

  pause() {
    if (!this.playing) return;
    this.run = null;
    setIcon($("#play"), "play", "Play");
  }
}
