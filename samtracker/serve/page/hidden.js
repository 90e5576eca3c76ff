// Which objects are hidden; when the page is loaded again they still are.

export class Hidden {
  ids = new Set();

  // From now on it is about the objects of another clip or stream.
  open(name) {
    this.key = `hidden ${name}`;
    this.ids = new Set(JSON.parse(sessionStorage.getItem(this.key) || "[]"));
  }

  has(id) {
    return this.ids.has(id);
  }

  set(id, hidden) {
    if (hidden) this.ids.add(id);
    else this.ids.delete(id);
    sessionStorage.setItem(this.key, JSON.stringify([...this.ids]));
  }
}
