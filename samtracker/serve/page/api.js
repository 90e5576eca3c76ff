// The HTTP interface of the server: see docs/serve.md.

// What the server refuses, with the status of its answer.
export class Refusal extends Error {
  constructor(text, status = null) {
    super(text);
    this.status = status;
  }
}

async function ask(method, path, options = {}) {
  let answer;
  try {
    answer = await fetch(`/api/${path}`, { method, ...options });
  } catch {
    throw new Refusal("the server does not answer: is it still running?");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(content.error || `the server answered ${answer.status}`, answer.status);
  return content;
}

const send = (method, path, body) =>
  ask(method, path, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

export const session = () => ask("GET", "session");
// What the session has by now: another tab may have opened another video.
export const held = () => ask("GET", "session");
export const files = () => ask("GET", "files");
export const openFile = (file) => send("POST", "clip", { file });
export const point = (frame, object, shown) => send("POST", "prompts", { frame, object, ...shown });
export const paint = (frame, object, stroke) => send("POST", "strokes", { frame, object, ...stroke });
export const nextCandidate = () => ask("POST", "prompts/next");
export const preview = (prompt) => send("POST", "preview", prompt);
export const undo = () => ask("POST", "undo");
export const redo = () => ask("POST", "redo");
export const rename = (id, name) => send("PATCH", `objects/${id}`, { name });
export const remove = (id) => ask("DELETE", `objects/${id}`);
export const direct = (direction) => send("PUT", "direction", { direction });
export const track = (first, last) => send("POST", "track", { first, last });
export const stop = () => ask("DELETE", "track");
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
export function upload(file, onProgress, signal) {
  const what = file.name.endsWith(".samtrack") ? "project" : "clip";
  return new Promise((resolve, reject) => {
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
  });
}

export function socket(name) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const made = new WebSocket(`${scheme}://${location.host}/api/${name}`);
  made.binaryType = "arraybuffer";
  return made;
}
