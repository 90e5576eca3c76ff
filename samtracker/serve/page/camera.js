// The browser's camera: the newest frame goes up when the last answer is back, masks come down.

import { socket } from "./api.js";
import { $, download, say, setIcon } from "./dom.js";
import { covers } from "./masks.js";

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 } };
const QUALITY = 0.85;
const RECENT = 90; // frames that the numbers are of

export class CameraMode {
  constructor(stage, list) {
    Object.assign(this, { stage, list });
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, playsInline: true });
    this.actions = {
      select: (id) => this.select(id),
      rename: (id, name) => this.order({ do: "rename", object: id, name }),
      remove: (id) => this.order({ do: "remove", object: id }),
      changed: () => this.refresh(),
    };
    $("#hold").onclick = () => this.space();
    $("#snapshot").onclick = () => this.snapshot();
  }

  async enter() {
    this.objects = [];
    this.clicks = [];
    this.choice = null;
    this.held = false;
    this.sent = this.came = this.dropped = 0;
    this.latencies = [];
    this.times = [];
    this.stage.clear();
    this.stage.selected = null;
    this.stage.hidden.clear();
    this.refresh();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: SIZE, audio: false });
    } catch (error) {
      const why = { NotAllowedError: "it was not allowed", NotFoundError: "there is none" }[error.name];
      throw new Error(`the camera cannot be used: ${why || error.message || error.name}`);
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.active = true;
    this.connect();
    this.watch();
  }

  leave() {
    this.active = false;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
    this.socket?.close();
  }

  connect() {
    const made = (this.socket = socket("live"));
    this.waiting = null;
    made.onopen = () => this.send();
    made.onmessage = (message) => this.answered(JSON.parse(message.data));
    made.onclose = () => {
      if (!this.active || this.socket !== made) return;
      say("the connection is lost: trying again");
      setTimeout(() => this.active && this.connect(), 1000);
    };
  }

  // Counts the frames of the camera, and sends one as soon as there is credit for it.
  watch() {
    if (!this.active) return;
    this.video.requestVideoFrameCallback(() => {
      if (!this.held) {
        if (this.fresh) this.dropped++;
        this.fresh = true;
        this.send();
      }
      this.watch();
    });
  }

  async send() {
    if (!this.fresh || this.waiting || this.held || this.socket.readyState !== WebSocket.OPEN) return;
    const { videoWidth: width, videoHeight: height } = this.video;
    this.fresh = false;
    const begin = performance.now();
    this.waiting = { begin };
    const picture = new OffscreenCanvas(width, height);
    picture.getContext("2d").drawImage(this.video, 0, 0);
    this.waiting.picture = picture;
    const code = await picture.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    const head = new DataView(new ArrayBuffer(8));
    head.setFloat64(0, begin / 1000, true);
    this.socket.send(new Blob([head, code]));
  }

  // A command is sent when the frame before it has come back, so that it is meant for that one.
  order(command) {
    this.orders = (this.orders || []).concat(command);
    this.sendOrder();
  }

  sendOrder() {
    if (this.waiting || !this.orders?.length) return;
    const command = this.orders.shift();
    this.waiting = { command };
    this.socket.send(JSON.stringify(command));
  }

  answered(answer) {
    const { begin, picture, command } = this.waiting || {};
    this.waiting = null;
    if (answer.error) {
      say(answer.error);
      if (command?.do === "point") this.clicks = [];
    } else {
      this.took(answer, command);
    }
    if (picture) {
      this.picture = picture;
      this.note(performance.now(), begin);
    }
    if (this.picture) this.stage.show(this.picture, this.objects, this.clicks);
    this.refresh();
    if (this.orders?.length) this.sendOrder();
    else this.send();
  }

  took(answer, command) {
    const known = this.objects.map((item) => item.id);
    this.objects = answer.objects;
    this.choice = answer.choice;
    if (command?.do === "point" && command.object === null) {
      const made = this.objects.find((item) => !known.includes(item.id));
      if (made) this.stage.selected = made.id;
    }
    if (command?.do === "undo") this.clicks = [];
    if (!this.objects.some((item) => item.id === this.stage.selected)) this.stage.selected = null;
    if (command?.box) this.goOn();
  }

  note(now, begin) {
    this.latencies.push(now - begin);
    this.times.push(now);
    if (this.times.length > RECENT) {
      this.latencies.shift();
      this.times.shift();
    }
    const span = this.times.at(-1) - this.times[0];
    if (span > 0) $("#fps").textContent = ((1000 * (this.times.length - 1)) / span).toFixed(1);
    const sorted = [...this.latencies].sort((one, other) => one - other);
    const at = (share) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)].toFixed(0);
    $("#latency").textContent = `${at(0.5)} / ${at(0.95)} ms`;
    $("#dropped").textContent = this.dropped;
  }

  // While something is pointed at the picture stands still.
  hold() {
    this.held = true;
    this.refresh();
  }

  goOn() {
    this.held = false;
    this.clicks = [];
    this.times = [];
    this.latencies = [];
    this.stage.selected = null;
    this.refresh();
    this.send();
  }

  space() {
    if (this.held) this.goOn();
    else this.hold();
  }

  select(id) {
    if (id !== this.stage.selected) this.clicks = [];
    this.stage.selected = id;
    if (id !== null) this.hold();
    if (this.picture) this.stage.show(this.picture, this.objects, this.clicks);
    this.refresh();
  }

  click(x, y, label) {
    if (!this.picture) return;
    if (this.stage.selected === null) {
      const under = this.objects.find((item) => covers(item.mask, x, y));
      if (under) return this.select(under.id);
      if (!label) return say("choose an object first: background is marked around one");
    }
    this.hold();
    this.clicks = [...this.clicks, [x, y, label]];
    this.order({ do: "point", object: this.stage.selected, points: this.clicks });
  }

  box(box) {
    if (!this.picture) return;
    this.hold();
    this.order({ do: "point", object: this.stage.selected, box });
  }

  hover() {}

  snapshot() {
    const name = `samtrack-${new Date().toISOString().slice(0, 19).replace(/[^0-9]/g, "-")}.png`;
    this.stage.canvas.toBlob((blob) => {
      const href = URL.createObjectURL(blob);
      download(href, name);
      setTimeout(() => URL.revokeObjectURL(href), 10_000);
    });
  }

  refresh() {
    $("#undo").disabled = false;
    setIcon($("#hold"), this.held ? "play" : "pause", this.held ? "Go on" : "Pause");
    $("#choice").hidden = !this.choice || this.choice.count < 2;
    if (this.choice) $("#choice-text").textContent = `Mask ${this.choice.number} of ${this.choice.count}`;
    const { selected } = this.stage;
    let hint = "Click on an object, or drag a box around it";
    if (selected !== null) hint = "Click adds, right click removes; space goes on";
    else if (this.held) hint = "Paused: space goes on";
    else if (this.objects.length) hint = "";
    $("#hint").textContent = hint;
    this.list.show(this.objects.map(({ id, name, color, state }) => ({ id, name, color, state })), this.actions);
  }

  undo = () => this.order({ do: "undo" });
  redo = () => {};
  next = () => this.order({ do: "next" });
  removeSelected = () => this.stage.selected !== null && this.order({ do: "remove", object: this.stage.selected });
}
