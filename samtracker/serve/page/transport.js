// What is around the picture of a video: buttons, place, progress, and what to do next.

import { $, element, setIcon } from "./dom.js";

// How many frames are to be tracked between two. What lies between prompts needs both passes.
function left({ direction, prompted, forward, backward }, first, last) {
  if (!prompted) return 0;
  if (direction === "both") [first, last] = [Math.min(first, prompted[0]), Math.max(last, prompted[1])];
  const ahead = direction === "backward" ? 0 : Math.max(last - forward, 0);
  const back = direction === "forward" ? 0 : Math.max(backward - first, 0);
  return ahead + back;
}

export class Transport {
  show(state, frame, selected, marks) {
    const { clip, tracking, prompted } = state;
    const last = clip.frames - 1;
    $("#scrub").max = Math.max(last, 0);
    $("#scrub").value = frame;
    marks.show();
    $("#compare").disabled = !state.undo;
    $("#undo").disabled = !state.undo;
    $("#redo").disabled = !state.redo;
    $("#download").disabled = !prompted;
    const waiting = left(state, marks.first, marks.end(clip));
    $("#track").disabled = !tracking && !waiting;
    setIcon($("#track"), tracking ? "stop" : "track", tracking ? "Stop" : "Track");
    $("#direction").value = state.direction;
    $("#progress").ariaBusy = String(tracking || !clip.complete); // numbers that run are not read out
    $("#progress").textContent = this.progress(state, waiting);
    $("#hint").textContent = this.hint(state, selected);
    this.showPlace(clip, frame);
  }

  progress(state, waiting) {
    const { clip, clean, tracking, prompted } = state;
    const total = clip.complete ? clip.frames : clip.announced || clip.frames;
    if (clip.failure) return clip.failure;
    if (!clip.complete) return `reading ${clip.frames} of ${Math.max(total, clip.frames)}`;
    if (tracking) return `${waiting} frames to go`;
    if (waiting) return `${waiting} frames to track`;
    if (!prompted) return "";
    if (!left(state, 0, clip.frames - 1)) return "all frames are tracked";
    return clean ? `tracked from frame ${clean[0]} to ${clean[1]}` : "";
  }

  hint(state, selected) {
    if (state.tracking) return "";
    if (selected === null) {
      return state.objects.length
        ? "Click an object to select it; elsewhere: a new one"
        : "Click on an object, or drag a box around it";
    }
    const item = state.objects.find((one) => one.id === selected);
    return `${item.name || `Object ${item.id}`}: click adds, right click removes; Esc: done`;
  }

  showPlace(clip, frame) {
    const last = element("small", {}, ` / ${Math.max(clip.frames - 1, 0)}`);
    const time = clip.fps ? ` · ${(frame / clip.fps).toFixed(2)} s` : "";
    const seconds = element("small", { className: "seconds" }, time);
    $("#place").replaceChildren(String(frame), last, seconds);
  }
}
