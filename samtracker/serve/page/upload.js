// The upload that is under way: how far it is, in every mode, and a button that ends it.

import * as api from "./api.js";
import { $ } from "./dom.js";

export class Upload {
  constructor() {
    $("#upload-cancel").onclick = () => this.ending.abort();
  }

  // Resolves to the session with the file open.
  async send(file) {
    if (this.ending) throw new Error("a file is being uploaded: wait for it, or cancel that");
    this.ending = new AbortController();
    $("#upload").hidden = false;
    this.show(file, 0);
    try {
      return await api.upload(file, (share) => this.show(file, share), this.ending.signal);
    } finally {
      this.ending = null;
      $("#upload").hidden = true;
    }
  }

  show(file, share) {
    $("#uploading").value = share;
    $("#upload-text").textContent = `${share < 1 ? "Uploading" : "Opening"} ${file.name}`;
  }
}
