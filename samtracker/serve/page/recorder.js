// What is kept of live frames with their masks: a recording, which the browser makes, and snapshots.

import { $, download, element, say, setIcon, stamp } from "./dom.js";
import { renderScene } from "./scene.js";

const FPS = 30;

export class Recorder {
  // `stage` shows what is kept, but zoomed, and with what is pointed at.
  constructor(stage) {
    this.stage = stage;
    this.canvas = element("canvas");
  }

  get recording() {
    return this.recorder?.state === "recording";
  }

  toggle() {
    if (this.recording) this.stop();
    else this.start();
  }

  start() {
    if (!window.MediaRecorder) return say("this browser cannot record: take snapshots");
    if (!this.stage.picture) return say("there is no picture yet");
    renderScene(this.canvas, this.stage.scene);
    const parts = [];
    const recorder = (this.recorder = new MediaRecorder(this.canvas.captureStream(FPS)));
    recorder.ondataavailable = (event) => {
      if (event.data.size) parts.push(event.data);
      $("#recorded").textContent = `${parts.length} s`;
    };
    const kind = recorder.mimeType.includes("mp4") ? "mp4" : "webm";
    recorder.onstop = () => keep(new Blob(parts, { type: recorder.mimeType }), kind);
    recorder.start(1000); // a part a second
    this.show();
  }

  stop() {
    if (!this.recording) return;
    this.recorder.stop();
    this.show();
  }

  // The stage shows another frame.
  take() {
    if (this.recording) renderScene(this.canvas, this.stage.scene);
  }

  snapshot() {
    if (!this.stage.picture) return say("there is no picture yet");
    const canvas = element("canvas");
    renderScene(canvas, this.stage.scene);
    canvas.toBlob((blob) => keep(blob, "png"));
  }

  show() {
    setIcon($("#record"), this.recording ? "stop" : "record", this.recording ? "Stop recording" : "Record");
    $("#recorded").textContent = "";
    $("#record").setAttribute("aria-pressed", String(this.recording));
  }
}

function keep(blob, kind) {
  const href = URL.createObjectURL(blob);
  download(href, `samtrack-${stamp()}.${kind}`);
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
