// The vehicle's state, kept live by server-sent events.
//
// watch(path, callback) calls back with each new value (null: no trustworthy value). The stream is closed while the
// page is hidden, so a forgotten tab holds no place, and is opened again when the page shows.

const values = new Map();
const watchers = new Map();
const messageHandlers = new Map();
const RETRY_MS = 1500;
let source = null;
let retry = 0;

export function value(path) {
  return values.get(path) ?? null;
}

export function watch(path, callback) {
  if (!watchers.has(path)) watchers.set(path, []);
  watchers.get(path).push(callback);
  if (values.has(path)) callback(values.get(path));
}

// Calls back once per batch of changes when any of the paths is among them.
export function watchAny(paths, callback) {
  let queued = false;
  const queue = () => {
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      callback();
    });
  };
  for (const path of paths) watch(path, queue);
}

export function onMessage(name, callback) {
  messageHandlers.set(name, callback);
}

function take(changes) {
  for (const [path, next] of Object.entries(changes)) {
    if (values.get(path) === next) continue;
    values.set(path, next);
    for (const callback of watchers.get(path) ?? []) callback(next);
  }
}

function takeAll(state) {
  const gone = {};
  for (const path of values.keys()) if (!(path in state)) gone[path] = null;
  take(gone);
  take(state);
}

function show(link) {
  document.body.dataset.link = link;
  document.getElementById("link").textContent = link === "live" ? "live" : "reconnecting";
}

function open() {
  close();
  source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => show("live"));
  source.addEventListener("state", (event) => takeAll(JSON.parse(event.data)));
  source.addEventListener("change", (event) => take(JSON.parse(event.data)));
  for (const [name, callback] of messageHandlers) {
    source.addEventListener(name, (event) => callback(JSON.parse(event.data)));
  }
  source.addEventListener("error", () => {
    show("lost");
    // The browser retries a broken stream itself, but gives up on an answer such as 503.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
  });
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

export function connect() {
  open();
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
}
