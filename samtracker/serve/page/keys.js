// Keys, as in the window of `samtrack live`, and the list of them.

import { $, element } from "./dom.js";

// What a key does, by its name; `app` has the modes and the stage.
const KEYS = [
  ["click", "point at an object; more clicks refine it"],
  ["right click", "mark background"],
  ["drag", "box around an object"],
  ["wheel", "zoom; the middle button moves the picture"],
  ["Tab", "on the picture: another mask for the last box or click; after the last one, and after Esc, on to the buttons", (app) => app.mode.next()],
  ["space", "play, pause; with the camera pause, go on", (app) => app.mode.space()],
  ["t", "track, stop", (app) => app.mode.track?.()],
  [", .", "frame back, frame forward"],
  ["[ ]", "frame before, frame after, in which you pointed; brush and eraser: thinner, wider"],
  ["n", "new object", (app) => app.mode.select(null)],
  ["1-9", "select an object"],
  ["d", "delete the selected object", (app) => app.mode.removeSelected()],
  ["u", "undo", (app) => app.mode.undo()],
  ["Shift+u", "redo", (app) => app.mode.redo()],
  ["h", "hide, show the selected object", (app) => app.stage.selected !== null && app.list.toggle(app.stage.selected)],
  ["p b c e m", "tools: point, background, brush, eraser, move"],
  ["v", "next view", (app) => app.nextView()],
  ["+ − 0", "zoom in, zoom out, fit"],
  ["arrows, Enter", "on the picture: move the cross, point; Backspace marks background; move tool: move the picture"],
  ["Shift+Enter", "on the picture: a corner of a box; Enter at the other one makes it"],
  ["Enter twice", "with brush or eraser, on the picture: down, and up again; Esc drops it"],
  ["i o", "markers: first and last frame; once more takes them away"],
  ["x", "before and after the last change, side by side", (app) => app.mode.compareBefore?.()],
  ["r", "record what the camera shows, stop", (app) => app.mode.record?.()],
  ["s", "snapshot of the camera", (app) => app.mode.snapshot?.()],
  ["Esc", "deselect", (app) => app.mode.select(null)],
  ["?", "this list"],
];

const MORE = {
  ",": (app) => app.mode.seek?.(app.mode.frame - 1),
  ".": (app) => app.mode.seek?.(app.mode.frame + 1),
  ArrowLeft: (app) => app.mode.seek?.(app.mode.frame - 1),
  ArrowRight: (app) => app.mode.seek?.(app.mode.frame + 1),
  Home: (app) => app.mode.seek?.(0),
  End: (app) => app.mode.seek?.(Infinity),
  "[": (app) => app.bracket(-1),
  "]": (app) => app.bracket(1),
  i: (app) => app.mode.marks?.setFirst(app.mode.frame),
  o: (app) => app.mode.marks?.setLast(app.mode.frame),
  p: (app) => app.useTool("point"),
  b: (app) => app.useTool("background"),
  c: (app) => app.mode.paint && app.useTool("brush"),
  e: (app) => app.mode.paint && app.useTool("eraser"),
  m: (app) => app.useTool("pan"),
  "+": (app) => app.stage.zoom(1.25),
  "=": (app) => app.stage.zoom(1.25),
  "-": (app) => app.stage.zoom(0.8),
  0: (app) => app.stage.fit(),
  Z: (app) => app.mode.redo(),
};

const NAMES = { " ": "space", Escape: "Esc", U: "Shift+u" };

export function bindKeys(app) {
  const actions = new Map(Object.entries(MORE));
  for (const [name, , action] of KEYS) if (action) actions.set(name, action);
  $("#key-list").replaceChildren(
    ...KEYS.flatMap(([name, what]) => [element("dt", {}, name), element("dd", {}, what)]),
  );
  document.addEventListener("keydown", (event) => {
    if (event.altKey || $("dialog[open]")) return;
    if (event.key === "?" && !event.target.matches("input:not([type=range], [type=file])")) return app.help();
    if (!app.mode) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      return event.shiftKey ? app.mode.redo() : app.mode.undo();
    }
    const on = event.target;
    if (on.matches("input:not([type=range]), select")) return;
    const name = NAMES[event.key] || event.key;
    // Buttons and the slider keep the keys that they need themselves.
    if (on.matches("button") && name === "space") return;
    if (on.matches("input[type=range]") && /^(Arrow|Home|End)/.test(name)) return;
    if (name === "Tab" && (event.shiftKey || on.id !== "stage" || !app.mode.choice.goesOn)) return;
    if (/^[1-9]$/.test(name)) return app.select(Number(name));
    const action = actions.get(name);
    if (!action) return;
    event.preventDefault();
    action(app);
  });
}
