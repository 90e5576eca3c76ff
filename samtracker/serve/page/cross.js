// The cross: what the arrows move on the picture, and what Enter points with.

const STEP = 8; // pixels of the picture that an arrow moves the cross
const SHIFT = 40; // pixels of the screen that it moves the picture

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Cross {
  constructor(stage) {
    this.stage = stage;
    this.clear();
  }

  clear() {
    this.at = null;
    this.drop();
  }

  // What was begun, a box or a stroke, is not to be.
  drop() {
    if (this.corner) this.stage.box = null;
    if (this.draws) this.stage.stroke = null;
    this.corner = this.stroke = null;
    this.stage.draw();
  }

  // Whether the brush is down.
  get draws() {
    return Boolean(this.stroke) && this.stroke === this.stage.stroke;
  }

  // Whether a key was meant for it.
  take({ key, shiftKey }) {
    const { stage } = this;
    if (ARROWS[key]) {
      this.move(ARROWS[key], shiftKey);
    } else if (key === "Escape" && (this.corner || this.draws)) {
      this.drop();
    } else if (this.at && key === "Enter" && stage.tool !== "pan") {
      this.enter(shiftKey);
    } else if (this.at && key === "Backspace") {
      stage.onClick(...this.at, 0);
    } else {
      return false;
    }
    return true;
  }

  move([x, y], finely) {
    const { stage } = this;
    if (stage.tool === "pan") return stage.move(-SHIFT * x, -SHIFT * y);
    const [left, top] = this.at || [stage.width / 2, stage.height / 2];
    const step = finely ? 1 : STEP;
    const limit = (value, most) => Math.min(Math.max(value, 0), most - 1);
    this.at = [limit(left + step * x, stage.width), limit(top + step * y, stage.height)];
    stage.at = null; // the ring of the brush is at the cross
    if (this.draws) stage.stroke.path.push(this.at);
    if (this.corner) stage.box = stage.boxBetween(this.corner, this.at);
    stage.draw();
  }

  enter(shifted) {
    const { stage } = this;
    if (stage.paints) {
      if (this.draws) {
        this.stroke = null;
        stage.endStroke();
      } else {
        stage.beginStroke(this.at);
        this.stroke = stage.stroke;
      }
    } else if (this.corner) {
      const { box } = stage;
      this.drop();
      if (box) stage.onBox(box, 1);
    } else if (shifted && stage.tool === "point") {
      this.corner = this.at;
      stage.box = stage.boxBetween(this.at, this.at);
      stage.draw();
    } else {
      stage.onClick(...this.at, stage.tool === "background" ? 0 : 1);
    }
  }
}
