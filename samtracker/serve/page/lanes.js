// A lane for each object: its state in every frame, and where the user pointed.

import { $, css, element, STATES } from "./dom.js";

const WORDS = { t: STATES.tracking, u: STATES.uncertain, l: STATES.lost, r: STATES.reacquired };

export class Lanes {
  constructor(seek) {
    this.seek = seek;
    this.box = $("#lanes");
    new ResizeObserver(() => this.paint()).observe(this.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  show(state, frame, selected) {
    Object.assign(this, { state, frame, selected });
    const { objects } = state;
    if (this.box.children.length !== objects.length) {
      this.box.replaceChildren(...objects.map(() => this.row()));
    }
    this.paint();
  }

  row() {
    const canvas = element("canvas", {});
    canvas.setAttribute("role", "img");
    const go = (event) => {
      const { left, width } = canvas.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - left - 6) / (width - 12), 0), 1);
      this.seek(Math.round(share * (this.state.clip.frames - 1)));
    };
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(event);
    };
    canvas.onpointermove = (event) => event.buttons && go(event);
    return element("div", { className: "lane" }, element("span", { className: "lane-name" }), canvas);
  }

  paint() {
    if (!this.state?.clip) return;
    const style = getComputedStyle(document.documentElement);
    const theme = (name) => style.getPropertyValue(`--${name}`).trim();
    [...this.box.children].forEach((row, number) => {
      const item = this.state.objects[number];
      const name = row.querySelector("span"), canvas = row.querySelector("canvas");
      name.textContent = item.name || `Object ${item.id}`;
      name.style.fontWeight = item.id === this.selected ? "650" : "";
      name.style.color = item.id === this.selected ? theme("text") : "";
      canvas.setAttribute("aria-label", this.summary(item));
      this.paintLane(canvas, item, theme);
    });
  }

  paintLane(canvas, item, theme) {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    // As the thumb of the slider above: its middle is 6 pixels from the edges at the ends.
    const count = this.state.clip.frames, pitch = count > 1 ? (width - 12) / (count - 1) : 0;
    const x = (frame) => 6 + frame * pitch;
    context.fillStyle = theme("raised");
    context.beginPath();
    context.roundRect(0, 3, width, height - 6, 4);
    context.fill();
    const heights = { t: 12, u: 7, l: 2, r: 10 };
    const colors = { t: css(item.color), u: theme("uncertain"), l: theme("lost"), r: theme("reacquired") };
    const [begin, last] = this.state.clean ?? [0, -1]; // what is up to date
    for (let first = 0; first < item.lane.length; ) {
      let end = first + 1;
      while (end < item.lane.length && item.lane[end] === item.lane[first] && end !== begin && end !== last + 1) end++;
      const letter = item.lane[first];
      if (letter !== ".") {
        context.globalAlpha = first < begin || first > last ? 0.3 : 1;
        context.fillStyle = colors[letter];
        const high = heights[letter];
        context.fillRect(x(first) - Math.max(pitch / 2, 1), (height - high) / 2, Math.max((end - first) * pitch, 2), high);
      }
      first = end;
    }
    context.globalAlpha = 1;
    for (const prompt of this.state.prompts.filter((one) => one.object === item.id)) {
      context.save();
      context.translate(x(prompt.frame), height / 2);
      context.rotate(Math.PI / 4);
      context.fillStyle = theme("text");
      context.strokeStyle = theme("panel");
      context.lineWidth = 1.5;
      context.fillRect(-4, -4, 8, 8);
      context.strokeRect(-4, -4, 8, 8);
      context.restore();
    }
    context.fillStyle = theme("accent");
    context.fillRect(x(this.frame) - 1, 0, 2, height);
  }

  // What a lane shows, in words.
  summary(item) {
    const parts = Object.entries(WORDS).map(([letter, word]) => {
      const frames = item.lane.split(letter).length - 1;
      return frames ? `${word} in ${frames} frames` : "";
    });
    const marks = this.state.prompts.filter((one) => one.object === item.id).map((one) => one.frame);
    return `${item.name || `Object ${item.id}`}: ${parts.filter(Boolean).join(", ")}; pointed at in frame ${marks.join(", ")}`;
  }
}
