// Small helpers for the elements of the page.

export const $ = (selector) => document.querySelector(selector);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
  svg.firstChild.setAttribute("href", `/page/icons.svg#${name}`);
  return svg;
}

// An icon that is set anew is asked for anew, even where it is the same.
export function setIcon(button, name, text) {
  const use = button.querySelector("use"), href = `/page/icons.svg#${name}`;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
  const label = button.querySelector("span");
  if (label) label.textContent = text;
  else button.setAttribute("aria-label", text);
}

// What states are called.
export const STATES = { tracking: "tracked", uncertain: "uncertain", lost: "lost", reacquired: "found again" };

let timer = 0;

// Says something at the foot of the picture, or takes it away.
export function say(text) {
  const message = $("#message");
  clearTimeout(timer);
  message.hidden = !text;
  message.textContent = text;
  if (text) timer = setTimeout(() => (message.hidden = true), 8000);
}

export function download(href, name) {
  const link = element("a", { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

// The time of day, as a part of a file's name.
export const stamp = () => new Date().toISOString().slice(0, 19).replace(/[^0-9]/g, "-");

// Black or white, whichever is easier to read on a color.
export function ink([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#111" : "#fff";
}

export const css = ([red, green, blue], opacity = 1) => `rgb(${red} ${green} ${blue} / ${opacity})`;
