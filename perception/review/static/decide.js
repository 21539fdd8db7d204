// Decisions: sent one by one in order, shown as a toast, with the progress that follows from them.
import { send } from "/shared/api.js";
import { byId, count, make, percent } from "./dom.js";

let queue = Promise.resolve();
let hideToast = 0;

export function toast(text, kind = "done") {
  const place = byId("toast");
  place.textContent = text;
  place.dataset.kind = kind;
  place.hidden = false;
  clearTimeout(hideToast);
  hideToast = setTimeout(() => (place.hidden = true), kind === "error" ? 9000 : 3500);
}

export function showProgress(progress) {
  byId("dataset-name").textContent = progress.name;
  const bar = byId("progress-bar");
  bar.max = Math.max(1, progress.segments);
  bar.value = progress.settled;
  const share = progress.segments ? progress.settled / progress.segments : 0;
  byId("progress-text").textContent =
    `${progress.settled.toLocaleString("en")} of ${count(progress.segments, "segment")} settled`;
  byId("progress").title = [
    percent(share), `${progress.rejected.toLocaleString("en")} rejected`,
    `${progress.open_clusters.toLocaleString("en")} of ${count(progress.clusters, "cluster")} open`,
    progress.stale ? `${count(progress.stale, "segment")} of old decisions no longer there` : "",
  ].filter(Boolean).join(" · ");
  const undo = byId("undo");
  undo.disabled = !progress.undo;
  undo.title = progress.undo ? `Undo: ${progress.undo}` : "Nothing to undo";
  byId("label-list").replaceChildren(...progress.labels.map((label) => make("option", { value: label })));
}

/** Send something after the changes before it; gives what the server answered, or null when it refused. */
function after(path, body) {
  return queue.then(async () => {
    try {
      const answer = await send("POST", `/api/v1/${path}`, body);
      if (answer.progress) showProgress(answer.progress);
      return answer;
    } catch (error) {
      toast(error.message, "error");
      return null;
    }
  });
}

/** The same for a change, which those after it wait for. */
const change = (path, body) => (queue = after(path, body));

const told = async (path, body) => {
  const answer = await change(path, body);
  if (answer) toast(answer.summary[0].toUpperCase() + answer.summary.slice(1));
  return answer;
};

export const decide = (kind, about) => told("decisions", { kind, ...about });
export const complete = (segment, choice) => told("completions", { segment, choice });
export const undo = () => told("undo", {});

export async function exportCoco() {
  toast("Writing the annotations …");
  const answer = await after("export", {});
  if (answer) toast(`Wrote ${count(answer.annotations, "annotation")} to ${answer.path}`);
}

/** Ask for a class; null when the person thinks better of it. */
export function askName(about, current = "") {
  const dialog = byId("name-dialog");
  const input = byId("name-input");
  byId("name-about").textContent = about;
  input.value = current;
  dialog.returnValue = "";
  dialog.showModal();
  input.select();
  return new Promise((resolve) => {
    byId("name-form").onsubmit = () => (dialog.returnValue = "name");
    dialog.onclose = () => resolve(dialog.returnValue === "name" ? input.value.trim() || null : null);
  });
}
