// The HTTP interface of the server: see docs/serve.md.

// What the server refuses, with the status of its answer.
export class Refusal extends Error {
  constructor(text, status = null) {
    super(text);
    this.status = status;
  }
}

// A session in which nothing is open makes room for others; whoever comes back gets a new one.
const begin = () => ask("GET", "session");

async function request(method, path, options) {
  try {
    return await fetch(`/api/${path}`, { method, ...options });
  } catch {
    throw new Refusal("the server does not answer: is it still running?");
  }
}

async function ask(method, path, options = {}) {
  let answer = await request(method, path, options);
  if (answer.status === 401 && path !== "session") {
    await begin();
    answer = await request(method, path, options);
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(content.error || `the server answered ${answer.status}`, answer.status);
  return content;
}

const send = (method, path, body) =>
  ask(method, path, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

// The clip that the page shows, which what is done is of: another tab may have opened another one.
let clip = null;

async function shown(asked) {
  const state = await asked;
  clip = state.clip?.id;
  return state;
}

const edit = (method, path) => ask(method, `clips/${clip}/${path}`);
const sendEdit = (method, path, body) => send(method, `clips/${clip}/${path}`, body);

export const session = () => shown(begin());
// What the session has by now, which need not be what the page shows.
export const held = begin;
export const files = () => ask("GET", "files");
export const openFile = (file) => shown(send("POST", "clip", { file }));
export const point = (frame, object, prompt) => sendEdit("POST", "prompts", { frame, object, ...prompt });
export const paint = (frame, object, stroke) => sendEdit("POST", "strokes", { frame, object, ...stroke });
export const nextCandidate = () => edit("POST", "prompts/next");
export const preview = (prompt) => sendEdit("POST", "preview", prompt);
export const undo = () => edit("POST", "undo");
export const redo = () => edit("POST", "redo");
export const rename = (id, name) => sendEdit("PATCH", `objects/${id}`, { name });
export const remove = (id) => edit("DELETE", `objects/${id}`);
export const direct = (direction) => sendEdit("PUT", "direction", { direction });
export const track = (first, last) => sendEdit("POST", "track", { first, last });
export const stop = () => edit("DELETE", "track");
export const objects = (clip, first, count, before = false) =>
  ask("GET", `clips/${clip}/objects?first=${first}&count=${count}&before=${before}`);
export const results = (clip, format, first, last) =>
  send("POST", `clips/${clip}/results/${format}`, { first, last });
export const resultsLink = (clip, format) => `/api/clips/${clip}/results/${format}`;

// Where the project of a clip is, and what its file is called.
export const projectFile = ({ id, name }) => [`/api/clips/${id}/project`, `${name.replace(/\.[^.]*$/, "")}.samtrack`];

// `size` may say how large the bitmap is, as for createImageBitmap.
export async function picture(clip, frame, size = {}) {
  const answer = await fetch(`/api/clips/${clip}/frames/${frame}`);
  if (!answer.ok) throw new Refusal("the frame cannot be shown: load the page again");
  return createImageBitmap(await answer.blob(), size);
}

// Uploads a file; XMLHttpRequest alone tells how far it is.
// A project is told from a video by its name.
export async function upload(file, onProgress, signal) {
  const what = file.name.endsWith(".samtrack") ? "project" : "clip";
  await begin(); // without a session all of it would go up for nothing
  if (signal.aborted) throw new Refusal("the upload was cancelled");
  return shown(new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/${what}?name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    signal.onabort = () => request.abort();
    request.onabort = () => reject(new Refusal("the upload was cancelled"));
    request.onerror = () => reject(new Refusal("the upload broke off: try again"));
    request.onload = () => {
      const content = request.response || {};
      if (request.status === 200) resolve(content);
      else reject(new Refusal(content.error || `the server answered ${request.status}`));
    };
    request.send(file);
  }));
}

export function socket(name) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const made = new WebSocket(`${scheme}://${location.host}/api/${name}`);
  made.binaryType = "arraybuffer";
  let opened = false;
  made.addEventListener("open", () => (opened = true));
  made.addEventListener("close", () => opened || begin().catch(() => {})); // for the next one
  return made;
}
