// The page: which mode is on, and what the buttons do.

import * as api from "./api.js";
import { Brush } from "./brush.js";
import { CameraMode } from "./camera.js";
import { $, download, element, say } from "./dom.js";
import { BrowserFeed, ServerFeed } from "./feeds.js";
import { bindKeys } from "./keys.js";
import { ObjectList } from "./objects.js";
import { ask } from "./question.js";
import { Stage } from "./stage.js";
import { Upload } from "./upload.js";
import { VideoMode } from "./video.js";

const PATIENCE = 10; // seconds until a page that found the server full tries again

class App {
  constructor() {
    this.mode = null;
    this.stage = new Stage($("#stage"), {
      onClick: (x, y, label) => this.mode?.click(x, y, label),
      onBox: (box, label) => this.box(box, label),
      onPaint: (stroke) => this.mode?.paint(stroke),
      onPress: () => this.mode?.press?.(),
      onHover: (at) => this.mode?.hover(at),
      onLens: (lens) => this.showLens(lens),
    });
    this.brush = new Brush((radius) => this.useBrush(radius));
    this.list = new ObjectList(this.stage);
    this.video = new VideoMode(this.stage, this.list);
    this.camera = new CameraMode(this.stage, this.list);
    this.uploading = new Upload();
    this.bind();
    bindKeys(this);
  }

  // A page that is loaded again goes on where it was.
  async start() {
    const live = sessionStorage.getItem("live");
    await this.begin();
    if (live && !this.full) await this.toCamera(live === "source" ? new ServerFeed() : new BrowserFeed());
  }

  // Nothing is asked for before there is a session.
  begin() {
    clearTimeout(this.trying);
    this.begun = this.showSession();
    return this.begun;
  }

  async showSession() {
    try {
      const state = await api.session();
      if (state.clip) {
        this.enterVideo(state);
        await this.listFiles();
      } else {
        await this.showStart();
      }
    } catch (error) {
      if (error.status === 503) this.showFull();
      else this.showStuck(error.message);
    }
  }

  showStuck(text) {
    if (this.mode) return say(text);
    this.setMode("start");
    this.sayAtStart(text);
  }

  // There is no room: the page tries again by itself.
  showFull() {
    this.leave();
    this.setMode("full");
    $("#full-note").textContent = `Last tried at ${new Date().toLocaleTimeString()}; tries again every ${PATIENCE} seconds.`;
    this.trying = setTimeout(() => this.begin(), 1000 * PATIENCE);
  }

  get full() {
    return document.body.dataset.mode === "full";
  }

  bind() {
    $("#to-video").onclick = () => this.toVideo();
    $("#to-camera").onclick = $("#use-camera").onclick = () => this.toCamera(new BrowserFeed());
    $("#to-source").onclick = () => this.toCamera(new ServerFeed());
    $("#camera-stop").onclick = () => this.toVideo();
    $("#full-again").onclick = () => this.begin();
    $("#open").onclick = () => this.showStart();
    $("#help").onclick = () => this.help();
    $("#undo").onclick = () => this.mode.undo();
    $("#redo").onclick = () => this.mode.redo();
    $("#next").onclick = () => this.mode.next();
    $("#new").onclick = () => this.mode.select(null);
    $("#zoom-in").onclick = () => this.stage.zoom(1.25);
    $("#zoom-out").onclick = () => this.stage.zoom(0.8);
    $("#zoom-fit").onclick = () => this.stage.fit();
    for (const button of document.querySelectorAll("[data-view]")) {
      button.onclick = () => this.useView(button.dataset.view);
    }
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.onclick = () => this.useTool(button.dataset.tool);
    }
    for (const button of document.querySelectorAll("[data-format]")) {
      button.onclick = () => {
        $("#formats").hidePopover();
        this.video.save(button.dataset.format);
      };
    }
    $("#save-project").onclick = () => {
      $("#formats").hidePopover();
      this.video.saveProject();
    };
    $("#file").onchange = () => $("#file").files[0] && this.upload($("#file").files[0]);
    const drop = $("#drop");
    addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", () => drop.classList.remove("over"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files[0]) this.upload(event.dataTransfer.files[0]);
    });
  }

  // A live mode also has the button that began it.
  setMode(name, button = "#to-camera") {
    document.body.dataset.mode = name;
    $("#to-video").setAttribute("aria-pressed", String(name !== "camera"));
    for (const live of ["#to-camera", "#to-source"]) {
      $(live).setAttribute("aria-pressed", String(name === "camera" && live === button));
    }
  }

  leave() {
    sessionStorage.removeItem("live");
    this.mode?.leave();
    this.mode = null;
    say("");
  }

  async showStart() {
    this.leave();
    this.setMode("start");
    const { files } = await this.listFiles();
    $("#folder").hidden = !files.length;
    $("#files").replaceChildren(
      ...files.map((name) => {
        const button = element("button", { type: "button" }, name);
        button.onclick = () => this.open(() => api.openFile(name));
        return element("li", {}, button);
      }),
    );
  }

  async listFiles() {
    const found = await api.files();
    $("#to-source").hidden = !found.source;
    return found;
  }

  upload(file) {
    return this.open(() => this.uploading.send(file));
  }

  async open(call) {
    await this.begun;
    if (this.full) return;
    this.sayAtStart("");
    try {
      if (!(await this.mayReplace())) return;
      const state = await call();
      this.leave();
      this.enterVideo(state);
    } catch (error) {
      this.showStuck(error.message);
    } finally {
      $("#file").value = "";
    }
  }

  // A session has one video: another one ends the work on it.
  async mayReplace() {
    const { clip, objects } = await api.held();
    if (!clip || !objects.length) return true;
    return ask({
      title: "Open another video?",
      text: `That ends the work on ${clip.name}: what you pointed at and all masks are lost. A saved project brings them back.`,
      yes: "Open the other",
      save: () => download(...api.projectFile(clip)),
    });
  }

  sayAtStart(text) {
    $("#start-message").textContent = text;
    $("#start-message").hidden = !text;
  }

  enterVideo(state) {
    this.setMode("video");
    this.mode = this.video;
    this.video.enter(state);
    $("#stage").focus({ preventScroll: true });
  }

  async toVideo() {
    if (this.mode === this.video) return;
    this.leave();
    await this.begin();
  }

  async toCamera(feed) {
    await this.begun;
    if (this.mode === this.camera && this.camera.feed.path === feed.path) return;
    this.leave();
    this.setMode("camera", feed.path === "source" ? "#to-source" : "#to-camera");
    this.mode = this.camera;
    this.useTool("point");
    try {
      if (await this.camera.enter(feed)) sessionStorage.setItem("live", feed.path);
    } catch (error) {
      if (this.camera.feed !== feed) return; // it is not waited for any more
      this.leave();
      await this.begin();
      if (!this.full) this.showStuck(error.message);
    }
  }

  select(number) {
    const objects = this.mode === this.video ? this.video.state.objects : this.camera.objects;
    if (objects.some((item) => item.id === number)) this.mode.select(number);
    else say(`there is no object ${number}`);
  }

  useView(name) {
    this.stage.view = name;
    this.stage.draw();
    this.video.compare.look(name);
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
  }

  nextView() {
    const names = [...document.querySelectorAll("[data-view]")].map((button) => button.dataset.view);
    this.useView(names[(names.indexOf(this.stage.view) + 1) % names.length]);
  }

  useTool(name) {
    this.stage.tool = name;
    this.stage.cross.drop();
    $("#stage").classList.toggle("panning", name === "pan");
    $("#brush").hidden = name !== "brush" && name !== "eraser";
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === name));
    }
  }

  showLens(lens) {
    $("#zoom-fit").textContent = `${Math.round(100 * lens.scale)}%`;
    this.video.compare.stage.lens = lens;
  }

  useBrush(radius) {
    this.stage.radius = radius;
    this.stage.draw();
  }

  box(box, label) {
    if (label) this.mode?.box(box);
    else say("background is marked by clicks: for a box drag with the left button and the pointing tool (p)");
  }

  // The keys [ and ]: the width of what paints, else the frames in which the user pointed.
  bracket(way) {
    if (this.stage.paints) this.brush.step(way);
    else this.mode.seekPrompt?.(way);
  }

  help() {
    $("#keys").showModal();
  }
}

new App().start();
