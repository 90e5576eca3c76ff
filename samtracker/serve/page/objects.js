// The list of objects: names, colors, states; select, hide, delete.

import { $, css, element, icon, ink, STATES } from "./dom.js";

export class ObjectList {
  constructor(stage) {
    this.stage = stage;
    this.list = $("#objects");
  }

  // `actions` has select, rename, remove and changed, and may have name, for when one begins to type it.
  // A list in which something is typed stays as it is.
  show(objects, actions) {
    this.actions = actions;
    const selected = this.stage.selected;
    const key = JSON.stringify([objects, selected, [...this.stage.hidden.ids]]);
    if (key === this.key) return;
    if (this.list.querySelector("input:focus") && objects.length === this.list.children.length) {
      objects.forEach((item, row) => this.setState(this.list.children[row].querySelector(".state"), item));
      return;
    }
    this.key = key;
    const focus = document.activeElement?.dataset?.focus;
    this.list.replaceChildren(...objects.map((item) => this.row(item, item.id === selected)));
    if (focus) this.list.querySelector(`[data-focus="${focus}"]`)?.focus();
  }

  row(item, selected) {
    const called = item.name || `Object ${item.id}`;
    const off = this.stage.hidden.has(item.id);
    const swatch = element("span", {}, String(item.id));
    swatch.style.background = css(item.color);
    swatch.style.color = ink(item.color);
    const chip = element("button", { type: "button", className: "chip", title: `Select (${item.id})` }, swatch);
    chip.setAttribute("aria-label", `Select ${called}`);
    chip.setAttribute("aria-pressed", String(selected));
    chip.dataset.focus = `chip-${item.id}`;
    chip.onclick = () => this.actions.select(selected ? null : item.id);
    const name = element("input", { value: item.name, placeholder: `Object ${item.id}`, maxLength: 60 });
    name.setAttribute("aria-label", `Name of object ${item.id}`);
    name.onfocus = () => this.actions.name?.(item.id);
    name.onchange = () => this.actions.rename(item.id, name.value.trim());
    name.onkeydown = (event) => event.key === "Enter" && name.blur();
    const hide = element("button", { type: "button", title: off ? "Show" : "Hide" }, icon(off ? "hidden" : "eye"));
    hide.setAttribute("aria-label", `${off ? "Show" : "Hide"} ${called}`);
    hide.dataset.focus = `hide-${item.id}`;
    hide.onclick = () => this.toggle(item.id);
    const remove = element("button", { type: "button", title: "Delete (d)" }, icon("delete"));
    remove.setAttribute("aria-label", `Delete ${called}`);
    remove.onclick = () => this.actions.remove(item.id);
    const state = element("p", {});
    this.setState(state, item);
    const classes = ["object", selected && "selected", off && "off"].filter(Boolean).join(" ");
    return element("li", { className: classes }, chip, name, hide, remove, state);
  }

  setState(line, item) {
    line.className = `state ${item.state || ""}`;
    line.textContent = item.state ? STATES[item.state] : "not in this frame";
  }

  // What is hidden is not selected: a click where it was is not meant for it.
  toggle(id) {
    const { hidden, selected } = this.stage;
    hidden.set(id, !hidden.has(id));
    if (hidden.has(id) && id === selected) this.actions.select(null);
    this.stage.draw();
    this.actions.changed();
  }
}
