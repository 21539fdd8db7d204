// One frame with the outlines of its segments.
import { read } from "/shared/api.js";
import { askName, complete, decide, showProgress, toast } from "./decide.js";
import { byId, count, make, percent } from "./dom.js";
import { title } from "./gallery.js";
import { startZoom } from "./zoom.js";

const settings = { whole: false, depth: false, layer: 0, hidden: new Set() };
let frame, chosen, stage, panel, zoom;

/** What decides the colour: rejected and settled by a person before known and unknown by the models. */
const kind = (shape) => (shape.state === "open" ? shape.status : shape.state);

const candidate = (shape) => {
  if (shape.choice === -2) return null;
  if (shape.choice === -1) return { method: "visible", path: shape.path };
  return shape.candidates[shape.choice ?? 0] ?? null;
};

function outline(shape, path, whole) {
  return make("path", {
    d: path, class: whole ? "outline whole" : "outline", "data-segment": shape.id, "data-kind": kind(shape),
    "data-depth": settings.depth ? Math.min(shape.depth, 5) : null, "data-chosen": shape.id === chosen ? "yes" : "no",
    onclick: () => choose(shape.id),
  }, make("title", {}, `${called(shape)}, ${kind(shape)}`));
}

const visible = (shape) => !settings.hidden.has(kind(shape)) && shape.depth >= settings.layer;

function draw() {
  const shapes = frame.shapes.filter(visible).sort((one, other) => other.depth - one.depth || other.area - one.area);
  const paths = [];
  for (const shape of shapes) {
    const found = settings.whole ? candidate(shape) : null;
    if (found && found.path !== shape.path) paths.push(outline(shape, found.path, true));
    paths.push(outline(shape, shape.path, false));
  }
  stage.querySelector("g").replaceChildren(...paths);
  drawPanel();
}

function entry(shape) {
  const front = shape.occluded_by.length ? ` · behind ${[...new Set(shape.occluded_by.map(nameOf))].join(", ")}` : "";
  const rate = shape.rate ? ` · ${percent(shape.rate)} hidden` : "";
  const colour = { "data-kind": kind(shape), "data-depth": settings.depth ? Math.min(shape.depth, 5) : null };
  return make("li", {},
    make("button", {
      type: "button", class: "entry", "data-segment": shape.id, "data-kind": kind(shape),
      "aria-pressed": String(shape.id === chosen), onclick: () => choose(shape.id), onfocus: () => choose(shape.id, false),
      onpointerenter: () => point(shape.id, true), onpointerleave: () => point(shape.id, false),
    },
    make("img", { ...colour, src: shape.thumb, alt: "", loading: "lazy", width: 38, height: 38, decoding: "async" }),
    make("span", { class: "entry-name", "data-unnamed": shape.label ? "no" : "yes" }, called(shape)),
    make("span", { class: "muted" }, `${kind(shape)}${rate}${front}`)),
    shape.id === chosen ? proposals(shape) : null);
}

/** The name of a segment as the gallery has it. */
const called = (shape) => title({ name: shape.label, id: shape.cluster });

/** Light up the outline of the segment that the pointer is on in the list. */
function point(id, on) {
  for (const one of stage.querySelectorAll(`.outline[data-segment="${id}"]`)) one.toggleAttribute("data-pointed", on);
}

const nameOf = (id) => {
  const found = frame.shapes.find((one) => one.id === id);
  return found ? called(found) : "unnamed";
};

function proposals(shape) {
  if (!shape.candidates.length) return null;
  const button = (choice, key, name) => make("button", {
    type: "button", "aria-pressed": String((shape.choice ?? null) === choice), "data-choice": choice,
    "data-first": shape.choice === null && choice === 0 ? "yes" : "no",
    onclick: () => pickShape(shape, choice),
    onpointerenter: () => preview(shape, choice), onpointerleave: draw,
  }, `${name} `, make("kbd", {}, key));
  return make("div", { class: "proposals", role: "group", "aria-label": "Whole shape" },
    make("h3", {}, "Whole shape"),
    ...shape.candidates.map((one, at) => button(at, String(at + 1), `${one.method} ${percent(one.confidence)}`)),
    button(-1, "h", "nothing hidden"), button(-2, "n", "none is right"));
}

function preview(shape, choice) {
  if (choice < 0) return;
  const path = outline(shape, shape.candidates[choice].path, true);
  stage.querySelector("g").append(path);
}

function drawPanel() {
  const keep = document.activeElement.closest?.(".entry")?.dataset.segment;
  const shape = frame.shapes.find((one) => one.id === chosen);
  const depths = [...new Set(frame.shapes.filter(visible).map((one) => one.depth))].sort((a, b) => a - b);
  const layered = depths.length > 1;
  const lists = depths.flatMap((depth) => [
    layered ? make("h3", {}, depth === 0 ? "Nearest layer" : `Layer ${depth + 1}`) : null,
    make("ul", { class: "entries" }, ...frame.shapes.filter((one) => visible(one) && one.depth === depth).map(entry)),
  ]);
  const act = (name, key, run) => make("button", { type: "button", disabled: !shape, onclick: run }, `${name} `,
    make("kbd", {}, key));
  panel.replaceChildren(
    make("div", { class: "decide" }, act("Accept", "a", accept), act("Rename", "r", rename),
      act("Reject", "d", () => run("reject")), act("Reopen", "o", () => run("reopen"))),
    ...lists.filter(Boolean),
    depths.length ? "" : make("p", { class: "muted empty-list" }, emptiness()));
  if (keep) panel.querySelector(`.entry[data-segment="${keep}"]`)?.focus();
}

const emptiness = () => {
  if (frame.shapes.length) return "All segments are filtered out above.";
  return frame.failure || "Nothing was found in this frame.";
};

function choose(id, scroll = true) {
  if (chosen === id) return;
  chosen = id;
  draw();
  const shape = frame.shapes.find((one) => one.id === id);
  if (shape) zoom.reveal(shape.box);
  if (scroll) panel.querySelector(`.entry[data-segment="${id}"]`)?.scrollIntoView({ block: "nearest" });
}

async function run(what, extra = {}) {
  if (chosen === undefined) return toast("Choose a segment first.", "error");
  if (await decide(what, { segments: [chosen], ...extra })) await load(frame.frame);
}

function accept() {
  const shape = frame.shapes.find((one) => one.id === chosen);
  return shape && !shape.label ? rename() : run("accept");
}

async function rename() {
  const shape = frame.shapes.find((one) => one.id === chosen);
  if (!shape) return toast("Choose a segment first.", "error");
  const label = await askName("This one segment gets this name.", shape.label);
  if (label) await run("rename", { label });
}

async function pickShape(shape, choice) {
  if (await complete(shape.id, choice)) await load(frame.frame);
}

function go(step) {
  const next = Math.min(frame.frames - 1, Math.max(0, frame.frame + step));
  if (next !== frame.frame) location.hash = `frame/${next}`;
}

function setWhole(whole) {
  settings.whole = whole;
  byId("whole").setAttribute("aria-pressed", String(whole));
  draw();
}

function setDepth(depth) {
  settings.depth = depth;
  byId("by-depth").setAttribute("aria-pressed", String(depth));
  draw();
}

/** The middle of a segment's box, so that zooming keeps it in sight. */
const middleOf = (shape) => shape && [shape.box[0] + shape.box[2] / 2, shape.box[1] + shape.box[3] / 2];

export function onKey(event) {
  const shape = frame?.shapes.find((one) => one.id === chosen);
  const keys = {
    ArrowLeft: () => go(-1), ArrowRight: () => go(1), a: accept, r: rename, d: () => run("reject"), o: () => run("reopen"),
    v: () => setWhole(!settings.whole), l: () => setDepth(!settings.depth), "+": () => zoom.by(1.3, middleOf(shape)), "-": () => zoom.by(1 / 1.3),
    0: () => zoom.reset(), h: () => shape?.candidates.length && pickShape(shape, -1),
    n: () => shape?.candidates.length && pickShape(shape, -2),
    Escape: () => history.back(),
  };
  if (/^[1-9]$/.test(event.key) && shape?.candidates[event.key - 1]) pickShape(shape, Number(event.key) - 1);
  else if (keys[event.key]) keys[event.key]();
  else return false;
  return true;
}

export const refresh = () => load(frame.frame);

async function load(position) {
  frame = await read(`/api/v1/frames/${position}`);
  showProgress(frame.progress);
  const svg = stage.querySelector("svg");
  const image = svg.querySelector("image");
  if (image.getAttribute("href") !== frame.image) {
    svg.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    image.setAttribute("href", frame.image);
    image.setAttribute("width", frame.width);
    image.setAttribute("height", frame.height);
    zoom.reset();
  }
  byId("frame-name").textContent = frame.frame_id;
  byId("frame-place").textContent = `${(position + 1).toLocaleString("en")} of ${count(frame.frames, "frame")}`;
  const slider = byId("layer");
  slider.max = Math.max(0, ...frame.shapes.map((one) => one.depth));
  slider.disabled = slider.max === "0";
  settings.layer = Math.min(settings.layer, Number(slider.max));
  draw();
}

export async function show(main, [position, segment]) {
  chosen = segment === undefined ? undefined : Number(segment);
  settings.layer = 0;
  const svg = make("svg", { role: "img", "aria-label": "The frame with its segments" }, make("image"), make("g"));
  stage = make("div", { class: "stage" }, svg);
  panel = make("div", { class: "panel-scroll" });
  const filters = ["unknown", "known", "settled", "rejected"].map((name) => make("label", { class: "filter" },
    make("input", { type: "checkbox", checked: !settings.hidden.has(name), onchange: (event) => {
      if (event.target.checked) settings.hidden.delete(name);
      else settings.hidden.add(name);
      draw();
    } }), make("span", { class: "swatch", "data-kind": name, "aria-hidden": "true" }), name));
  const toggle = (id, text, key, on, set) => make("button", { type: "button", id, "aria-pressed": String(on),
    onclick: () => set(byId(id).getAttribute("aria-pressed") !== "true") }, `${text} `, make("kbd", {}, key));
  main.replaceChildren(
    make("div", { class: "toolbar" },
      make("button", { type: "button", "aria-label": "Frame before", onclick: () => go(-1) }, "←"),
      make("button", { type: "button", "aria-label": "Next frame", onclick: () => go(1) }, "→"),
      make("h2", { id: "frame-name" }), make("span", { class: "muted", id: "frame-place" }), make("span", { class: "grow" }),
      ...filters,
      toggle("whole", "Whole shapes", "v", settings.whole, setWhole),
      toggle("by-depth", "Depth", "l", settings.depth, setDepth),
      make("label", { class: "filter" }, "from layer", make("input", { id: "layer", type: "range", min: 0, max: 0, value: 0,
        oninput: (event) => { settings.layer = Number(event.target.value); draw(); } }))),
    make("div", { class: "frame-view" }, stage, make("aside", { class: "panel", "aria-label": "Segments" }, panel)));
  zoom = startZoom(svg);
  try {
    await load(Number(position));
  } catch (error) {
    toast(error.message, "error");
  }
}
