// What is around the picture of a video: buttons, place, progress, and what to do next.

import { $, element, setIcon } from "./dom.js";

export class Transport {
  show(state, frame, selected, marks) {
    const { clip, clean, tracking, first } = state;
    const last = clip.frames - 1;
    $("#scrub").max = Math.max(last, 0);
    $("#scrub").value = frame;
    marks.show();
    $("#compare").disabled = !state.undo;
    $("#undo").disabled = !state.undo;
    $("#redo").disabled = !state.redo;
    $("#download").disabled = first === null;
    const waiting = first === null ? 0 : marks.end(clip) - clean;
    $("#track").disabled = !tracking && waiting <= 0;
    setIcon($("#track"), tracking ? "stop" : "track", tracking ? "Stop" : "Track");
    $("#progress").textContent = this.progress(state, waiting);
    this.showChoice(state.choice);
    $("#hint").textContent = this.hint(state, selected);
    this.showPlace(clip, frame);
  }

  progress({ clip, clean, tracking, first }, waiting) {
    const total = clip.complete ? clip.frames : clip.announced || clip.frames;
    if (clip.failure) return clip.failure;
    if (!clip.complete) return `reading ${clip.frames} of ${Math.max(total, clip.frames)}`;
    if (tracking) return `tracked ${clean + 1} of ${clip.frames}`;
    if (waiting > 0) return `${waiting} frames to track`;
    if (first === null) return "";
    return clean < clip.frames - 1 ? `tracked up to frame ${clean}` : "all frames are tracked";
  }

  showChoice(choice) {
    $("#choice").hidden = !choice || choice.count < 2;
    if (!choice) return;
    const sure = choice.score === null ? "" : `, ${Math.round(100 * choice.score)} % sure`;
    $("#choice-text").textContent = `Mask ${choice.number} of ${choice.count}${sure}`;
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
