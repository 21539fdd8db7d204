// The clusters, those first whose decision labels most.
import { read } from "/shared/api.js";
import { askName, decide, showProgress, toast } from "./decide.js";
import { arrow, count, make, percent } from "./dom.js";

const PAGE = 24;
const view = { shown: "open", search: "", offset: 0 };
const chosen = new Set();
let clusters = [];
let grid, more, summary, anchor;

export const title = (cluster) => cluster.name || (cluster.id > 0 ? `unknown thing ${cluster.id}` : "unnamed");

function badge(cluster) {
  if (cluster.state !== "open") return make("span", { class: "badge", "data-state": cluster.state }, cluster.state);
  if (!cluster.source) return null;
  const sure = cluster.confidence ? ` ${percent(cluster.confidence)}` : "";
  return make("span", { class: "badge" }, `${cluster.source}${sure}`);
}

function card(cluster) {
  const pictures = cluster.samples.map((one) =>
    make("img", { src: one.thumb, alt: "", loading: "lazy", width: 80, height: 80, decoding: "async" }));
  const decided = cluster.settled + cluster.rejected;
  const act = (name, key, run) =>
    make("button", { type: "button", tabindex: -1, title: `${name} (${key})`, onclick: (event) => {
      event.stopPropagation();
      run();
    } }, name);
  const article = make("article", {
    class: "card", tabindex: 0, "data-cluster": cluster.id, "data-state": cluster.state,
    "aria-selected": chosen.has(cluster.id) ? "true" : "false", role: "option",
    "aria-label": `${title(cluster)}, ${count(cluster.segments, "segment")}, ${cluster.state}`,
    onclick: (event) => {
      article.focus();
      if (event.shiftKey) chooseUpTo(cluster.id);
      else if (event.ctrlKey || event.metaKey) toggle(cluster.id);
    },
    ondblclick: () => (location.hash = `cluster/${cluster.id}`),
  },
  make("a", { class: "strip", href: `#cluster/${cluster.id}`, tabindex: -1, "aria-hidden": "true" }, ...pictures),
  make("div", { class: "card-head" },
    make("h2", { "data-unnamed": cluster.name ? "no" : "yes" }, title(cluster)), badge(cluster)),
  make("p", { class: "muted" }, count(cluster.segments, "segment"),
    decided && cluster.open ? ` · ${decided.toLocaleString("en")} decided` : ""),
  make("div", { class: "card-actions" },
    act("Accept", "a", () => accept([cluster])), act("Rename", "r", () => rename([cluster])),
    act("Reject", "d", () => run("reject", [cluster])),
    make("label", { class: "choose", onclick: (event) => event.stopPropagation() },
      make("input", { type: "checkbox", tabindex: -1, "aria-label": `Choose ${title(cluster)}`,
        checked: chosen.has(cluster.id), onchange: () => toggle(cluster.id) }), "choose")));
  return article;
}

function toggle(id) {
  if (!chosen.delete(id)) chosen.add(id);
  anchor = id;
  mark();
}

/** Choose all from the last one chosen to this one. */
function chooseUpTo(id) {
  const at = (which) => clusters.findIndex((one) => one.id === which);
  if (at(anchor) < 0) return toggle(id);
  const [low, high] = [at(anchor), at(id)].sort((a, b) => a - b);
  for (const one of clusters.slice(low, high + 1)) chosen.add(one.id);
  anchor = id;
  mark();
}

function mark() {
  for (const one of grid.children) {
    const on = chosen.has(Number(one.dataset.cluster));
    one.setAttribute("aria-selected", String(on));
    one.querySelector("input").checked = on;
  }
  summary.querySelector("[data-merge]").disabled = chosen.size < 2;
  summary.querySelector("[data-merge]").firstChild.textContent =
    chosen.size < 2 ? "Merge " : `Merge ${chosen.size} clusters `;
}

async function load({ add = false, focus = null } = {}) {
  const query = new URLSearchParams({ shown: view.shown, search: view.search, limit: add ? PAGE : Math.max(PAGE, 0) });
  query.set("offset", add ? clusters.length : 0);
  let page;
  try {
    page = await read(`/api/v1/clusters?${query}`);
  } catch (error) {
    toast(error.message, "error");
    return;
  }
  clusters = add ? [...clusters, ...page.clusters] : page.clusters;
  if (add) grid.append(...page.clusters.map(card));
  else grid.replaceChildren(...page.clusters.map(card));
  showProgress(page.progress);
  more.hidden = clusters.length >= page.total;
  more.textContent = `Show more (${(page.total - clusters.length).toLocaleString("en")})`;
  summary.querySelector("[data-total]").textContent = count(page.total, "cluster");
  grid.dataset.empty = page.total ? "no" : "yes";
  mark();
  if (focus !== null) (grid.children[Math.min(focus, grid.children.length - 1)] ?? grid).focus();
}

const focused = () => clusters[[...grid.children].indexOf(document.activeElement.closest?.(".card"))];

function about() {
  if (chosen.size) return clusters.filter((one) => chosen.has(one.id));
  const one = focused();
  return one ? [one] : [];
}

async function run(kind, these, more = {}) {
  if (!these.length) return;
  const at = Math.max(0, clusters.indexOf(these[0]));
  const done = await decide(kind, { clusters: these.map((one) => one.id), ...more });
  if (!done) return;
  chosen.clear();
  await load({ focus: at });
}

/** Accept each under the name it has; those without one get one together. */
async function accept(these) {
  const named = these.filter((one) => one.name);
  const unnamed = these.filter((one) => !one.name);
  for (const one of named) await run("accept", [one], { label: one.name });
  await rename(unnamed);
}

async function rename(these) {
  if (!these.length) return;
  const total = these.reduce((sum, one) => sum + one.segments - one.single, 0);
  const label = await askName(`All ${count(total, "segment")} get this name.`, these[0].name);
  if (label) await run("rename", these, { label });
}

async function merge() {
  const these = about();
  if (these.length < 2) return toast("Choose two clusters or more with x, then merge.", "error");
  these.sort((one, other) => (other.name !== "") - (one.name !== "") || other.segments - one.segments);
  return run("merge", these);
}

export function onKey(event) {
  if (arrow(event, grid, ".card")) return true;
  const these = about();
  const keys = {
    a: () => accept(these),
    r: () => rename(these),
    d: () => run("reject", these),
    o: () => run("reopen", these),
    m: merge,
    x: () => focused() && toggle(focused().id),
    X: () => focused() && chooseUpTo(focused().id),
    Enter: () => focused() && (location.hash = `cluster/${focused().id}`),
    f: () => focused()?.samples[0] && (location.hash = `frame/${focused().samples[0].frame}/${focused().samples[0].id}`),
    "/": () => summary.querySelector("input").focus(),
    Escape: () => { chosen.clear(); mark(); },
  };
  if (!keys[event.key]) return false;
  keys[event.key]();
  return true;
}

export const refresh = () => load({ focus: 0 });

export function show(main) {
  chosen.clear();
  grid = make("div", { class: "grid", role: "listbox", "aria-label": "Clusters", "aria-multiselectable": "true",
    tabindex: -1 });
  more = make("button", { type: "button", class: "more", hidden: true, onclick: () => load({ add: true }) });
  let typing = 0;
  const filter = (name, label) => make("button", {
    type: "button", "aria-pressed": String(view.shown === name), "data-filter": name,
    onclick: (event) => {
      view.shown = name;
      for (const one of summary.querySelectorAll("[data-filter]")) one.setAttribute("aria-pressed", "false");
      event.currentTarget.setAttribute("aria-pressed", "true");
      load();
    },
  }, label);
  summary = make("div", { class: "toolbar" },
    make("div", { class: "segmented", role: "group", "aria-label": "Show" }, filter("open", "Open"),
      filter("settled", "Settled"), filter("rejected", "Rejected"), filter("all", "All")),
    make("input", { type: "search", placeholder: "Search names  ( / )", "aria-label": "Search names", value: view.search,
      oninput: (event) => {
        view.search = event.target.value;
        clearTimeout(typing);
        typing = setTimeout(load, 150);
      } }),
    make("span", { class: "muted", "data-total": "" }),
    make("span", { class: "grow" }),
    make("button", { type: "button", "data-merge": "", disabled: true, onclick: merge }, "Merge ", make("kbd", {}, "m")));
  main.replaceChildren(summary, make("div", { class: "scroll" }, grid,
    make("p", { class: "empty" }, "Nothing here. Choose another filter above, or export what is settled."), more));
  return load({ focus: 0 });
}
