// The frames of a video: pictures and masks, fetched when they are wanted and kept for a while.

import * as api from "./api.js";

const BATCH = 24; // frames whose masks are asked for at once while the video plays
const PICTURES = 48; // bitmaps that are kept

export class Frames {
  constructor() {
    this.pictures = new Map();
    this.masks = new Map();
  }

  // From now on the frames are those of another video.
  open(clip) {
    this.clip = clip;
    this.pictures.clear();
    this.masks.clear();
  }

  // The masks are others now: of one frame, or of all.
  forgetMasks(frame = null) {
    if (frame === null) this.masks.clear();
    else this.masks.delete(frame);
  }

  picture(frame) {
    const { pictures } = this;
    let found = pictures.get(frame);
    if (!found) {
      found = api.picture(this.clip, frame);
      found.catch(() => pictures.delete(frame));
    }
    pictures.delete(frame);
    pictures.set(frame, found); // the newest is at the end
    while (pictures.size > PICTURES) pictures.delete(pictures.keys().next().value);
    return found;
  }

  // The objects in a frame; the next ones are asked for as well, the more of them while it plays.
  async objects(frame, playing) {
    const { masks } = this;
    if (!masks.has(frame)) {
      const first = Math.max(frame - (playing ? 0 : 2), 0), count = playing ? BATCH : 5;
      const asked = api.objects(this.clip, first, count);
      for (let number = first; number < first + count; number++) {
        if (!masks.has(number)) masks.set(number, asked.then((found) => found.frames[number] || []));
      }
      asked.catch(() => masks.clear());
    }
    return masks.get(frame);
  }
}
