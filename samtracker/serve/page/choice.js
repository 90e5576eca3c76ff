// The masks that the last box or click may mean: which one is taken, and a button for the next.

import { $ } from "./dom.js";

export class Choice {
  choice = null;

  // `choice` is null, or left out, where there is none to make.
  show(choice) {
    this.choice = choice?.count > 1 ? choice : null;
    $("#choice").hidden = !this.choice;
    if (!this.choice) return;
    const { number, count, score } = choice;
    const sure = score === null ? "" : `, ${Math.round(100 * score)} % sure`;
    $("#choice-text").textContent = `Mask ${number} of ${count}${sure}`;
  }

  // Whether Tab takes another mask; after the last one it leaves the picture as it does elsewhere.
  get goesOn() {
    return this.choice !== null && this.choice.number < this.choice.count;
  }
}
