// One cluster with all its segments.
import { read } from "/shared/api.js";
import { askName, decide, toast } from "./decide.js";
import { arrow, count, make } from "./dom.js";
import { title } from "./gallery.js";

const PAGE = 120;
let id, cluster, segments, grid, head, more, anchor;
const chosen = new Set();

function tile(segment) {
  return make("button", {
    type: "button", class: "tile", role: "option", "data-segment": segment.id, "data-state": segment.state,
    "aria-selected": "false", "aria-label": `${segment.label || "unnamed"} in ${segment.frame_id}, ${segment.state}`,
    title: `${segment.frame_id} · score ${segment.score.toFixed(2)} · ${segment.area.toLocaleString("en")} px`,
    onclick: (event) => pick(segment.id, event.shiftKey),
    ondblclick: () => (location.hash = `frame/${segment.frame}/${segment.id}`),
  },
  make("img", { src: segment.thumb, alt: "", loading: "lazy", width: 112, height: 112, decoding: "async" }),
  segment.single || segment.label !== cluster.name
    ? make("span", { class: "tile-label" }, segment.state === "rejected" ? "rejected" : segment.label || "unnamed")
    : null);
}

function pick(row, range) {
  const at = segments.findIndex((one) => one.id === row);
  if (range && anchor !== undefined) {
    const [low, high] = [Math.min(at, anchor), Math.max(at, anchor)];
    for (const one of segments.slice(low, high + 1)) chosen.add(one.id);
  } else if (!chosen.delete(row)) chosen.add(row);
  anchor = at;
  mark();
}

function mark() {
  for (const one of grid.children) one.setAttribute("aria-selected", String(chosen.has(Number(one.dataset.segment))));
  const some = chosen.size > 0;
  head.querySelector("[data-about]").textContent = some
    ? `${count(chosen.size, "segment")} chosen`
    : `${count(cluster.segments, "segment")}, ${cluster.open.toLocaleString("en")} open`;
  head.querySelector("[data-split]").disabled = !some;
  for (const one of head.querySelectorAll("[data-scope]")) one.textContent = some ? "chosen" : "all";
}

async function load({ add = false } = {}) {
  const offset = add ? segments.length : 0;
  let page;
  try {
    page = await read(`/api/v1/clusters/${id}/segments?offset=${offset}&limit=${PAGE}`);
  } catch {
    location.hash = "clusters";
    return;
  }
  cluster = page.cluster;
  segments = add ? [...segments, ...page.segments] : page.segments;
  const tiles = page.segments.map(tile);
  if (add) grid.append(...tiles);
  else grid.replaceChildren(...tiles);
  more.hidden = segments.length >= page.total;
  more.textContent = `Show more (${(page.total - segments.length).toLocaleString("en")})`;
  head.querySelector("h2").textContent = title(cluster);
  head.querySelector("h2").dataset.unnamed = cluster.name ? "no" : "yes";
  mark();
}

async function run(kind, extra = {}) {
  const about = chosen.size ? { segments: [...chosen] } : { clusters: [id] };
  const done = await decide(kind, { ...about, ...extra });
  if (!done) return;
  chosen.clear();
  await load();
  grid.firstElementChild?.focus();
}

function accept() {
  if (chosen.size === 0 && !cluster.name) return rename();
  return run("accept", cluster.name && !chosen.size ? { label: cluster.name } : {});
}

async function rename() {
  const what = chosen.size ? `${count(chosen.size, "chosen segment")}` : `All ${count(cluster.segments - cluster.single, "segment")}`;
  const label = await askName(`${what} get this name.`, cluster.name);
  if (label) await run("rename", { label });
}

function split() {
  if (!chosen.size) return toast("Choose the segments that do not belong here, then split.", "error");
  return run("split");
}

const focused = () => segments.find((one) => one.id === Number(document.activeElement.dataset?.segment));

export function onKey(event) {
  if (arrow(event, grid, ".tile")) return true;
  const keys = {
    a: accept, r: rename, d: () => run("reject"), o: () => run("reopen"), s: split,
    x: () => focused() && pick(focused().id, false),
    X: () => focused() && pick(focused().id, true),
    f: () => focused() && (location.hash = `frame/${focused().frame}/${focused().id}`),
    Escape: () => {
      if (!chosen.size) location.hash = "clusters";
      chosen.clear();
      mark();
    },
  };
  if (!keys[event.key]) return false;
  keys[event.key]();
  return true;
}

export const refresh = () => {
  chosen.clear();
  return load();
};

export async function show(main, [which]) {
  id = Number(which);
  chosen.clear();
  segments = [];
  anchor = undefined;
  grid = make("div", { class: "tiles", role: "listbox", "aria-label": "Segments", "aria-multiselectable": "true" });
  more = make("button", { type: "button", class: "more", hidden: true, onclick: () => load({ add: true }) });
  const act = (name, key, run) => make("button", { type: "button", onclick: run }, `${name} `,
    make("span", { "data-scope": "" }, "all"), " ", make("kbd", {}, key));
  head = make("div", { class: "toolbar" },
    make("a", { class: "back", href: "#clusters", "aria-label": "Back to the clusters" }, "←"),
    make("h2", {}), make("span", { class: "muted", "data-about": "", role: "status" }), make("span", { class: "grow" }),
    act("Accept", "a", accept), act("Rename", "r", rename), act("Reject", "d", () => run("reject")),
    make("button", { type: "button", "data-split": "", onclick: split }, "Split off ", make("kbd", {}, "s")));
  main.replaceChildren(head, make("div", { class: "scroll" }, grid, more));
  await load();
  grid.firstElementChild?.focus();
}
