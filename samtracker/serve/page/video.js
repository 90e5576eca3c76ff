// Videos: look at a frame, point, track, correct, download.

import * as api from "./api.js";
import { Choice } from "./choice.js";
import { Compare } from "./compare.js";
import { $, download, say } from "./dom.js";
import { Frames } from "./frames.js";
import { Lanes } from "./lanes.js";
import { Marks } from "./marks.js";
import { Player } from "./player.js";
import { Preview } from "./preview.js";
import { Strip } from "./strip.js";
import { Transport } from "./transport.js";

export class VideoMode {
  constructor(stage, list) {
    Object.assign(this, { stage, list });
    this.frame = 0;
    this.turn = Promise.resolve();
    this.waiting = 0;
    this.state = { clip: null, objects: [], prompts: [] };
    this.frames = new Frames();
    this.player = new Player((frame) => this.show(frame), (frame) => this.frames.picture(frame));
    this.preview = new Preview(stage, api.preview);
    this.transport = new Transport();
    this.choice = new Choice();
    this.lanes = new Lanes((frame) => this.seek(frame));
    this.strip = new Strip((frame) => this.seek(frame));
    this.marks = new Marks(() => this.refresh());
    this.compare = new Compare(stage);
    this.actions = {
      select: (id) => this.select(id),
      name: (id) => this.select(id),
      rename: (id, name) => this.edit(() => api.rename(id, name)),
      remove: (id) => this.edit(() => api.remove(id)),
      changed: () => this.refresh(),
    };
    $("#scrub").oninput = () => this.seek(Number($("#scrub").value));
    $("#back").onclick = () => this.seek(this.frame - 1);
    $("#forth").onclick = () => this.seek(this.frame + 1);
    $("#play").onclick = () => this.play();
    $("#track").onclick = () => this.track();
    $("#direction").onchange = () => this.edit(() => api.direct($("#direction").value));
    $("#mark-first").onclick = () => this.marks.setFirst(this.frame);
    $("#mark-last").onclick = () => this.marks.setLast(this.frame);
    $("#compare").onclick = () => this.compareBefore();
  }

  // The mode is on, with what is known of the session.
  enter(state) {
    this.active = true;
    this.listen();
    this.open(state);
  }

  leave() {
    this.active = false;
    this.player.pause();
    this.events?.close();
    if (this.compare.on) this.compare.toggle();
  }

  open(state) {
    this.frames.open(state.clip?.id);
    this.stage.hidden.open(state.clip?.id);
    this.stage.clear();
    this.stage.selected = null;
    this.marks.clear();
    this.frame = state.prompted?.[0] ?? 0;
    this.apply(state);
  }

  // Takes over the state that an answer brings, and shows it.
  apply(state) {
    this.state = state;
    this.frames.forgetMasks();
    const ids = state.objects.map((item) => item.id);
    if (!ids.includes(this.stage.selected)) this.stage.selected = null;
    $("#clip-name").textContent = state.clip ? state.clip.name : "Open";
    this.refresh();
    return this.show(this.frame);
  }

  // Makes a change after those before it, and shows what came of it.
  edit(change) {
    this.waiting++;
    this.turn = this.turn.then(() => this.editNow(change));
    return this.turn;
  }

  async editNow(change) {
    say("");
    this.player.pause();
    this.preview.moved(null);
    document.body.classList.add("busy");
    try {
      const state = await change();
      if (state) await this.apply(state);
    } catch (error) {
      say(error.message);
      this.stage.clicks = this.clicksIn();
      this.stage.stroke = null;
      this.stage.draw();
    } finally {
      this.waiting--;
      if (!this.busy) document.body.classList.remove("busy");
      this.stage.hover();
    }
  }

  get busy() {
    return this.waiting > 0;
  }

  // Looking.

  async show(frame) {
    const { clip } = this.state;
    if (!clip?.frames) return;
    frame = Math.min(Math.max(frame, 0), clip.frames - 1);
    const stays = frame === this.frame;
    this.frame = frame;
    this.preview.moved(null);
    $("#scrub").value = frame;
    this.transport.showPlace(clip, frame);
    this.showChoice();
    const ticket = (this.ticket = Symbol("show"));
    try {
      const [picture, objects] = await Promise.all([this.frames.picture(frame), this.frames.objects(frame, this.player.playing)]);
      if (ticket !== this.ticket) return;
      this.here = objects.map((item) => ({ ...item, color: this.colorOf(item.id) }));
      this.stage.ghost = this.stage.stroke = null;
      this.stage.show(picture, this.here, this.clicksIn());
      this.compare.show(clip.id, frame, picture, this.stage.view, (id) => this.colorOf(id)).catch(() => {});
      this.showList();
      this.lanes.show(this.state, frame, this.stage.selected);
      if (stays) this.stage.hover(); // who looks through frames is spared previews
    } catch (error) {
      if (ticket === this.ticket) say(error.message);
    }
  }

  colorOf(id) {
    return this.state.objects.find((item) => item.id === id)?.color || [128, 128, 128];
  }

  // The clicks on the selected object in a frame.
  clicksIn(frame = this.frame) {
    const { selected } = this.stage;
    return this.state.prompts.find((one) => one.frame === frame && one.object === selected)?.points || [];
  }

  seek(frame) {
    this.follows = false;
    this.player.pause();
    return this.show(frame);
  }

  // The next frame in which the user pointed, forward (1) or back (-1).
  seekPrompt(way) {
    const frames = this.state.prompts.map((one) => one.frame).filter((frame) => way * (frame - this.frame) > 0);
    if (frames.length) this.seek(way > 0 ? Math.min(...frames) : Math.max(...frames));
  }

  play() {
    if (this.player.playing) return this.player.pause();
    const { clip } = this.state;
    if (!clip?.frames) return;
    this.follows = false;
    const { marks } = this, last = () => marks.end(this.state.clip);
    const first = this.frame >= marks.first && this.frame < last() ? this.frame : marks.first;
    return this.player.play(first, () => last() + 1, Math.min(clip.fps || 25, 60));
  }

  compareBefore() {
    this.compare.toggle();
    this.show(this.frame);
  }

  // Pointing.

  select(id) {
    this.stage.selected = id;
    this.state.choice = null;
    this.stage.clicks = this.clicksIn();
    this.stage.draw();
    this.refresh();
  }

  click(x, y, label) {
    const { stage, frame } = this;
    stage.clicks = [...stage.clicks, [x, y, label]]; // to be seen at once
    stage.draw();
    return this.edit(async () => {
      if (stage.selected === null) {
        const under = stage.objectAt(x, y);
        if (under) return this.select(under.id);
        if (!label) throw new Error("choose an object first: background is marked around one");
      }
      return this.point(frame, { points: [...this.clicksIn(frame), [x, y, label]] });
    });
  }

  box(box) {
    const { frame } = this;
    return this.edit(() => this.point(frame, { box }));
  }

  paint(stroke) {
    const { stage, frame } = this;
    return this.edit(() => {
      if (stroke.erase && stage.selected === null) throw new Error("choose an object first: the eraser takes from one");
      return this.change(frame, () => api.paint(frame, stage.selected, stroke));
    });
  }

  point(frame, shown) {
    return this.change(frame, () => api.point(frame, this.stage.selected, shown));
  }

  // Selects the object that a change of a frame makes.
  async change(frame, call) {
    const known = this.state.objects.map((item) => item.id);
    const state = await call();
    if (state.choice) state.choice.frame = frame;
    const made = state.objects.find((item) => !known.includes(item.id));
    if (made) this.stage.selected = made.id;
    this.stage.hidden.set(this.stage.selected, false); // one sees what one changes
    return state;
  }

  hover(at) {
    const { stage, state, frame } = this, object = stage.selected;
    const rests = at && !this.busy && !this.player.playing && !state.tracking;
    const selects = rests && object === null && stage.objectAt(...at);
    this.preview.moved(rests && !selects ? { frame, object, points: [...this.clicksIn(), [...at, 1]] } : null);
  }

  // Tracking.

  async track() {
    const starts = !this.state.tracking;
    await this.edit(starts ? () => api.track(this.marks.first, this.marks.last) : api.stop);
    this.follows = starts && this.state.tracking;
  }

  // Listens to what the server tells; a connection that is lost is made again.
  listen() {
    const events = (this.events = api.socket("events"));
    events.onmessage = (message) => this.told(JSON.parse(message.data));
    events.onclose = () => setTimeout(() => this.active && this.events === events && this.again(), 1000);
  }

  async again() {
    this.listen();
    try {
      const state = await api.session();
      if (state.clip?.id !== this.state.clip?.id) this.open(state);
      else this.apply(state);
    } catch (error) {
      say(error.message);
    }
  }

  told({ clip, tracking, message, tracked, ...reached }) {
    const { state } = this;
    if (!clip || clip.id !== state.clip?.id) return;
    const first = !state.clip.frames;
    state.clip = clip;
    if (message && state.tracking && !tracking) say(message);
    state.tracking = tracking;
    for (const item of state.objects) item.lane = item.lane.padEnd(clip.frames, ".");
    for (const [frame, letters] of tracked) {
      this.frames.forgetMasks(frame);
      for (const item of state.objects) {
        const letter = letters[item.id] || ".";
        item.lane = item.lane.slice(0, frame) + letter + item.lane.slice(frame + 1);
      }
    }
    if (!this.busy) Object.assign(state, reached);
    const last = tracked.length ? tracked[tracked.length - 1][0] : null;
    if (last !== null && this.follows) this.show(last);
    else if (first || tracked.some(([frame]) => frame === this.frame)) this.show(this.frame);
    this.refresh();
  }

  async save(format) {
    const { clip } = this.state;
    say("");
    $("#progress").textContent = "writing…";
    try {
      const { file } = await api.results(clip.id, format, this.marks.first, this.marks.last);
      download(api.resultsLink(clip.id, format), file);
    } catch (error) {
      say(error.message);
    }
    this.refresh();
  }

  saveProject() {
    download(...api.projectFile(this.state.clip));
  }

  refresh() {
    const { state, stage } = this;
    if (!state.clip) return;
    this.transport.show(state, this.frame, stage.selected, this.marks);
    this.showChoice();
    this.strip.show(state.clip, this.marks);
    this.compare.stage.draw();
    this.showList();
    this.lanes.show(state, this.frame, stage.selected);
  }

  // Another mask can be taken only where one sees what it changes.
  showChoice() {
    const { choice } = this.state;
    this.choice.show(choice?.frame === this.frame ? choice : null);
  }

  showList() {
    const here = new Map((this.here || []).map((item) => [item.id, item]));
    const objects = this.state.objects.map(({ id, name, color }) => ({ id, name, color, state: here.get(id)?.state }));
    this.list.show(objects, this.actions);
  }

  // Keys and buttons that both modes have.

  undo = () => this.edit(api.undo);
  redo = () => this.edit(api.redo);
  next = () => {
    const { frame } = this;
    return this.edit(() => this.change(frame, api.nextCandidate));
  };
  removeSelected = () => this.stage.selected !== null && this.edit(() => api.remove(this.stage.selected));
  space = () => this.play();
}
