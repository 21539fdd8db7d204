// Which view is shown, and the keys that work in all of them.
import * as cluster from "./cluster.js";
import { exportCoco, toast, undo } from "./decide.js";
import { byId } from "./dom.js";
import * as frame from "./frame.js";
import * as gallery from "./gallery.js";

const VIEWS = { clusters: gallery, cluster, frame };
const TABS = { clusters: "tab-clusters", cluster: "tab-clusters", frame: "tab-frames" };
let view = gallery;

async function route() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  if (name === "main") return;
  const known = VIEWS[name] ? name : "clusters";
  view = VIEWS[known];
  for (const tab of new Set(Object.values(TABS))) {
    byId(tab).toggleAttribute("aria-current", tab === TABS[known]);
  }
  try {
    await view.show(byId("main"), rest);
  } catch (error) {
    toast(error.message, "error");
  }
}

async function takeBack() {
  if (await undo()) await view.refresh();
}

const everywhere = {
  u: takeBack,
  e: exportCoco,
  g: () => (location.hash = "clusters"),
  f: () => (location.hash = "frame/0"),
  "?": () => byId("help").showModal(),
};

function onKey(event) {
  const field = event.target.closest?.("input:not([type=checkbox]):not([type=range]), select, textarea");
  if (field) {
    if (event.key === "Escape" || (event.key === "Enter" && field.type === "search")) field.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "z") {
    event.preventDefault();
    takeBack();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target.closest?.("button, a")) return;
  if (event.target.type === "range" && event.key.startsWith("Arrow")) return;
  if (view.onKey(event)) event.preventDefault();
  else if (everywhere[event.key]) {
    event.preventDefault();
    everywhere[event.key]();
  }
}

byId("undo").addEventListener("click", takeBack);
byId("export").addEventListener("click", exportCoco);
byId("help-button").addEventListener("click", everywhere["?"]);
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
document.addEventListener("keydown", onKey);
addEventListener("hashchange", route);
route();
