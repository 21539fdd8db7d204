// The panel that stages the simulated car: what it senses and what goes wrong.
import { read, send } from "/shared/api.js";
import { onMessage, value, watch } from "./live.js";

const panel = document.getElementById("scene");
const toggle = document.getElementById("scene-toggle");
const complaint = document.getElementById("scene-error");
const faultForm = document.getElementById("fault-form");
const PARAMETERS = { lost: ["Share", 1], corrupted: ["Share", 1], delayed: ["Seconds", 60] };
let kinds = {};
let targets = {};

function show(open) {
  panel.dataset.open = open ? "yes" : "no";
  toggle.setAttribute("aria-expanded", String(open));
  if (open) panel.querySelector("input").focus();
  else if (panel.contains(document.activeElement)) toggle.focus();
}

async function attempt(action) {
  complaint.textContent = "";
  try {
    return await action();
  } catch (error) {
    complaint.textContent = error.message;
    return null;
  }
}

// A car that drives is in gear and one that stands is parked; as far as this car reports such things.
function sceneOf(path, reading) {
  const scene = { [path]: reading };
  if (path !== "Vehicle.Speed") return scene;
  const gearbox = {
    "Vehicle.Powertrain.Transmission.CurrentGear": reading > 0 ? Math.min(6, 1 + Math.floor(reading / 25)) : 0,
    "Vehicle.Powertrain.Transmission.IsParkLockEngaged": reading === 0,
  };
  for (const [name, follows] of Object.entries(gearbox)) if (value(name) !== null) scene[name] = follows;
  return scene;
}

function startDial(dial) {
  const path = dial.dataset.path;
  const slider = dial.querySelector("input");
  const output = dial.querySelector("output");
  let held = false;
  let sending = false;
  let wanted = null;

  const shown = (reading) => (output.textContent = reading === null ? "–" : `${reading} ${output.dataset.unit}`);

  // One request at a time with the newest value: dragging must not queue up hundreds.
  async function push() {
    if (sending) return;
    sending = true;
    while (wanted !== null) {
      const reading = wanted;
      wanted = null;
      await attempt(() => send("PUT", "/api/v1/simulation", { values: sceneOf(path, reading) }));
    }
    sending = false;
    held = false;
  }

  slider.addEventListener("input", () => {
    held = true;
    wanted = Number(slider.value);
    shown(wanted);
    push();
  });
  watch(path, (reading) => {
    if (held || reading === null) return;
    slider.value = reading;
    shown(Math.round(reading * 10) / 10);
  });
}

function showFaults(faults) {
  const list = document.getElementById("faults");
  list.replaceChildren(
    ...faults.map((fault, index) => {
      const item = document.createElement("li");
      const text = document.createElement("span");
      text.textContent = `${fault.target} ${fault.kind}`;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "quiet";
      remove.textContent = "✕";
      remove.setAttribute("aria-label", `End fault: ${text.textContent}`);
      remove.addEventListener("click", () => replaceFaults(faults.filter((_, other) => other !== index)));
      item.append(text, remove);
      return item;
    }),
  );
  document.body.dataset.faults = faults.length ? "yes" : "no";
}

function replaceFaults(faults) {
  return attempt(async () => showFaults((await send("PUT", "/api/v1/simulation", { faults })).faults));
}

function options(select, names) {
  select.replaceChildren(...names.map((name) => new Option(name, name)));
}

function chooseKind() {
  const kind = faultForm.elements.kind.value;
  options(faultForm.elements.target, targets[kind] ?? []);
  document.getElementById("fault-hint").textContent = kinds[kind] ?? "";
  const [label, maximum] = PARAMETERS[kind] ?? [null, 1];
  const parameter = faultForm.elements.parameter;
  parameter.hidden = parameter.disabled = label === null;
  document.getElementById("fault-parameter-label").hidden = label === null;
  if (label) document.getElementById("fault-parameter-label").textContent = label;
  parameter.max = maximum;
  parameter.value = Math.min(maximum, kind === "delayed" ? 1 : 0.5);
}

async function load() {
  const scene = await attempt(() => read("/api/v1/simulation"));
  if (!scene) return;
  ({ fault_kinds: kinds, fault_targets: targets } = scene);
  options(faultForm.elements.kind, Object.keys(kinds));
  chooseKind();
  showFaults(scene.faults);
}

export function startScene() {
  toggle.addEventListener("click", () => show(panel.dataset.open !== "yes"));
  document.getElementById("scene-close").addEventListener("click", () => show(false));
  panel.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  for (const dial of panel.querySelectorAll(".dial")) startDial(dial);
  faultForm.elements.kind.addEventListener("change", chooseKind);
  faultForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const { kind, target, parameter } = faultForm.elements;
    const fault = { kind: kind.value, target: target.value, parameter: parameter.disabled ? 1 : Number(parameter.value) };
    attempt(async () => {
      const { faults } = await read("/api/v1/simulation");
      await replaceFaults([...faults, fault]);
    });
  });
  document.getElementById("faults-clear").addEventListener("click", () => replaceFaults([]));
  document.getElementById("scene-reset").addEventListener("click", () =>
    attempt(async () => showFaults((await send("POST", "/api/v1/simulation/reset", {})).faults)),
  );
  onMessage("faults", ({ faults }) => showFaults(faults));
  load();
}
