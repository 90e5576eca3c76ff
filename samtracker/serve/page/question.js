// A question before work is lost: a dialog of the page.

import { $ } from "./dom.js";

// Asks whether to go on; Cancel and Esc mean no. `save` keeps the work before.
export function ask({ title, text, yes, save }) {
  const dialog = $("#question");
  if (dialog.open) return false;
  $("#question-title").textContent = title;
  $("#question-text").textContent = text;
  $("#question-yes").textContent = yes;
  $("#question-save").onclick = save;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}
