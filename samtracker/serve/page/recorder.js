// A recording of what the picture shows, as a video that the browser makes and keeps.

import { $, download, say, setIcon, stamp } from "./dom.js";

const FPS = 30;

export class Recorder {
  constructor(canvas) {
    this.canvas = canvas;
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
    const parts = [];
    const recorder = (this.recorder = new MediaRecorder(this.canvas.captureStream(FPS)));
    recorder.ondataavailable = (event) => {
      if (event.data.size) parts.push(event.data);
      $("#recorded").textContent = `${parts.length} s`;
    };
    recorder.onstop = () => this.keep(new Blob(parts, { type: recorder.mimeType }));
    recorder.start(1000); // a part a second
    this.show();
  }

  stop() {
    if (!this.recording) return;
    this.recorder.stop();
    this.show();
  }

  keep(blob) {
    const href = URL.createObjectURL(blob);
    download(href, `samtrack-${stamp()}.${blob.type.includes("mp4") ? "mp4" : "webm"}`);
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  show() {
    setIcon($("#record"), this.recording ? "stop" : "record", this.recording ? "Stop recording" : "Record");
    $("#recorded").textContent = "";
    $("#record").setAttribute("aria-pressed", String(this.recording));
  }
}
