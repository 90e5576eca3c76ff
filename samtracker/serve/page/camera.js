// Live tracking: frames go up, each when the answer to the one before is due; masks come down.

import { socket } from "./api.js";
import { Choice } from "./choice.js";
import { $, say, setIcon } from "./dom.js";
import { Preview } from "./preview.js";
import { Recorder } from "./recorder.js";

const RECENT = 90; // frames that the numbers are of
const EARLY = 50; // milliseconds before an answer is expected at which the next frame may go up
const LAST = 10; // frames by which it is expected
const TAKEN_OVER = 4001; // the code of a socket that is closed for another one

export class CameraMode {
  constructor(stage, list) {
    Object.assign(this, { stage, list });
    this.actions = {
      select: (id) => this.select(id),
      rename: (id, name) => this.order({ do: "rename", object: id, name }),
      remove: (id) => this.order({ do: "remove", object: id }),
      changed: () => this.refresh(),
    };
    this.choice = new Choice();
    this.preview = new Preview(stage, (prompt) => this.answer({ do: "preview", ...prompt }));
    $("#hold").onclick = () => this.space();
    this.recorder = new Recorder(stage);
    $("#record").onclick = () => this.record();
    $("#snapshot").onclick = () => this.snapshot();
  }

  // The mode is on, with frames from a feed, unless it was left before these came.
  async enter(feed) {
    this.feed = feed;
    this.objects = [];
    this.clicks = [];
    this.orders = [];
    this.waiting = [];
    this.choices = this.picture = this.pointed = null;
    this.held = this.taken = false;
    this.latencies = [];
    this.times = [];
    this.stage.clear();
    this.stage.selected = null;
    this.stage.hidden.open(feed.path);
    this.refresh();
    await feed.open();
    if (this.feed !== feed) {
      feed.close();
      return false;
    }
    this.active = true;
    this.connect();
    return true;
  }

  leave() {
    this.active = false;
    clearTimeout(this.early);
    this.recorder.stop();
    this.preview.moved(null);
    for (const { answered } of [...this.waiting, ...this.orders]) answered?.({});
    this.feed?.close();
    this.feed = null;
    this.socket?.close();
  }

  connect() {
    const made = (this.socket = socket(this.feed.path));
    this.times = [];
    this.latencies = [];
    this.taken = false;
    for (const { answered } of this.waiting) answered?.({});
    this.waiting = [];
    if (!this.feed.keepsPictures) this.forget();
    made.onopen = () => (this.held ? this.resume() : this.sendNext());
    made.onmessage = ({ data }) => {
      if (!this.active || this.socket !== made) return;
      if (typeof data === "string") this.answered(JSON.parse(data));
      else this.pictured(data);
    };
    made.onclose = ({ code }) => {
      if (!this.active || this.socket !== made) return;
      if (code === TAKEN_OVER) return this.lose();
      say("the connection is lost: trying again");
      setTimeout(() => this.active && this.connect(), 1000);
    };
  }

  // The picture that is shown cannot be pointed at any more: a new connection begins with another.
  forget() {
    for (const { answered } of this.orders) answered?.({});
    this.orders = [];
    this.clicks = [];
    this.picture = null;
  }

  // What stands still is the current frame of a new connection, or its first one is.
  resume() {
    if (this.picture) this.sendAgain();
    else this.sendNewest();
  }

  // Another tab tracks now; whoever goes on here takes it back.
  lose() {
    this.taken = true;
    this.hold();
  }

  // Asks about the next frame, early enough for it to be there when the one before is answered.
  send() {
    clearTimeout(this.early);
    if (!this.takesFrames) return;
    const early = this.waiting.length ? this.answersIn() - EARLY : 0;
    if (early > 0) this.early = setTimeout(() => this.send(), early);
    else this.feed.want(() => this.takesFrames && this.sendNewest());
  }

  // Whether a frame may go up. What was ordered comes first; where it is known how long an answer
  // takes, one more may be under way.
  get takesFrames() {
    const { held, socket, waiting, orders, times } = this;
    const most = this.feed?.keepsPictures && times.length > 1 ? 2 : 1;
    const begins = waiting.length < most && !waiting[0]?.command && !orders.length;
    return begins && !held && socket?.readyState === WebSocket.OPEN;
  }

  // Milliseconds until the frame that is under way is answered, if that is as usual.
  answersIn() {
    const times = this.times.slice(-LAST);
    return times.at(-1) + (times.at(-1) - times[0]) / (times.length - 1) - performance.now();
  }

  sendNewest() {
    const sent = { begin: performance.now() };
    this.waiting.push(sent);
    this.feed.send(this.socket, (picture) => (sent.picture = picture));
    this.send();
    return true;
  }

  // The picture that stands still becomes the newest frame for the server, too.
  sendAgain() {
    this.waiting.push({ begin: performance.now(), picture: this.picture });
    this.feed.sendAgain(this.socket, this.picture);
  }

  // A command is sent when the frame before it has come back, so that it is meant for that one.
  order(command) {
    this.preview.moved(null);
    this.push({ command });
  }

  // Sends a command that changes nothing; its answer is for whoever waits for it.
  answer(command) {
    return new Promise((answered) => this.push({ command, answered }));
  }

  push(order) {
    if (this.taken) {
      order.answered?.({});
      this.clicks = [];
      this.stage.stroke = null;
      this.show();
      this.refresh();
      return say("nothing is changed: live tracking goes on in another tab");
    }
    this.orders.push(order);
    this.sendOrder();
  }

  sendOrder() {
    if (this.waiting.length || !this.orders.length || this.socket?.readyState !== WebSocket.OPEN) return;
    const order = this.orders.shift();
    this.waiting.push(order);
    this.socket.send(JSON.stringify(order.command));
  }

  answered(answer) {
    const [waiting] = this.waiting;
    // What the server saw comes behind its answer.
    if (waiting && !answer.error && "dropped" in answer) Object.assign(waiting, { answer });
    else this.finish(answer);
  }

  async pictured(data) {
    const { socket } = this, [waiting] = this.waiting;
    const picture = await createImageBitmap(new Blob([data], { type: "image/jpeg" }));
    if (!this.active || socket !== this.socket || waiting !== this.waiting[0] || !waiting) return;
    waiting.picture = picture;
    this.feed.dropped += waiting.answer.dropped;
    this.finish(waiting.answer);
  }

  finish(answer) {
    const { begin, picture, command, answered, overtaken } = this.waiting.shift() || {};
    if (overtaken) return this.waiting.length || this.sendAgain();
    if (answered) {
      answered(answer);
      return this.sendNext();
    }
    if (answer.error) {
      say(answer.error);
      if (!picture && !command) this.hold(); // there are no more frames
      if (command?.do === "point") this.clicks = [];
    } else {
      this.took(answer, command);
    }
    if (picture) {
      this.picture = picture;
      this.note(performance.now(), begin);
    }
    if (command?.do === "paint") this.stage.stroke = null;
    this.show();
    this.refresh();
    if (command) this.stage.hover();
    this.sendNext();
  }

  sendNext() {
    if (this.orders.length) this.sendOrder();
    else this.send();
  }

  took(answer, command) {
    const known = this.objects.map((item) => item.id);
    this.objects = answer.objects;
    this.choices = answer.choice;
    if (command?.do === "point" || command?.do === "paint") {
      const made = this.objects.find((item) => !known.includes(item.id));
      if (made) {
        this.stage.selected = made.id;
        if (this.pointed) this.pointed.id ??= made.id; // clicks that wait are about it, too
      }
      this.stage.hidden.set(this.stage.selected, false); // one sees what one changes
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
    $("#dropped").textContent = this.feed.dropped;
  }

  // While something is pointed at the picture stands still. A frame that is on its way is not shown.
  hold() {
    if (!this.held && this.picture) for (const one of this.waiting) one.overtaken = !one.command;
    this.held = this.feed.held = true;
    this.refresh();
  }

  goOn() {
    this.held = this.feed.held = false;
    if (!this.orders.length) for (const one of this.waiting) one.overtaken = false;
    this.clicks = [];
    this.pointed = null;
    say("");
    this.times = [];
    this.latencies = [];
    this.stage.selected = null;
    if (this.taken) this.connect();
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
    this.choices = null;
    if (id !== null) this.hold();
    this.show();
    this.refresh();
  }

  show() {
    if (!this.picture) return;
    this.stage.ghost = null;
    this.stage.show(this.picture, this.objects, this.clicks);
    this.recorder.take();
  }

  // What is pointed at is in the picture that is there when that begins.
  press() {
    if (this.picture) this.hold();
  }

  click(x, y, label) {
    if (!this.picture) return;
    if (this.stage.selected === null) {
      const under = this.stage.objectAt(x, y);
      if (under) return this.select(under.id);
      if (!label) return say("choose an object first: background is marked around one");
    }
    this.hold();
    this.clicks = [...this.clicks, [x, y, label]];
    if (this.pointed?.id !== this.stage.selected) this.pointed = { id: this.stage.selected };
    const { clicks: points, pointed } = this;
    this.order({ do: "point", points, get object() { return pointed.id; } });
  }

  box(box) {
    if (!this.picture) return;
    this.hold();
    this.order({ do: "point", object: this.stage.selected, box });
  }

  // Clicks after it are about what is painted.
  paint(stroke) {
    const { selected } = this.stage;
    if (stroke.erase && selected === null) {
      this.stage.stroke = null;
      this.stage.draw();
      return say("choose an object first: the eraser takes from one");
    }
    this.clicks = [];
    this.order({ do: "paint", object: selected, ...stroke });
  }

  // While the picture stands still a resting pointer shows the mask of a click.
  hover(at) {
    const { stage } = this, object = stage.selected;
    const rests = at && this.held && this.picture;
    const selects = rests && object === null && stage.objectAt(...at);
    this.preview.moved(rests && !selects ? { object, points: [...this.clicks, [...at, 1]] } : null);
  }

  record = () => this.recorder.toggle();
  snapshot = () => this.recorder.snapshot();

  refresh() {
    $("#undo").disabled = false;
    setIcon($("#hold"), this.held ? "play" : "pause", this.held ? "Go on" : "Pause");
    this.choice.show(this.choices);
    const { selected } = this.stage;
    let hint = "Click on an object, or drag a box around it";
    if (this.taken) hint = "Live tracking goes on in another tab: space goes on here";
    else if (selected !== null) hint = "Click adds, right click removes; space goes on";
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
