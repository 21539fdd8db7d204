// Numbers beside the drawing: the status line, one card per seat and the tiles.
import { value, watch, watchAny } from "./live.js";

const MEDIA = "Vehicle.Cabin.Infotainment.Media";
const LIGHTS = "Vehicle.Body.Lights";
const HVAC = "Vehicle.Cabin.HVAC";
const STALE = "no data";

const number = (reading, digits = 0) => (reading === null ? "–" : reading.toFixed(digits));
const words = (reading) => (reading === null ? "–" : String(reading).toLowerCase().replaceAll("_", " "));

function inUnit(celsius) {
  if (celsius === null) return "–";
  const fahrenheit = value("Vehicle.Cabin.Infotainment.HMI.TemperatureUnit") === "F";
  return fahrenheit ? `${(celsius * 1.8 + 32).toFixed(0)}°F` : `${celsius.toFixed(1).replace(/\.0$/, "")}°`;
}

function status(id, paths, text) {
  const output = document.getElementById(`status-${id}`);
  watchAny(paths, () => (output.textContent = text()));
}

function gearLetter() {
  const gear = value("Vehicle.Powertrain.Transmission.CurrentGear");
  const parked = value("Vehicle.Powertrain.Transmission.IsParkLockEngaged");
  if (parked === true) return "P";
  if (gear === null) return "–";
  return gear > 0 ? `D${gear}` : gear < 0 ? "R" : "N";
}

function startStatus() {
  const unit = "Vehicle.Cabin.Infotainment.HMI.TemperatureUnit";
  const outside = "Vehicle.Exterior.AirTemperature";
  const cabin = `${HVAC}.AmbientAirTemperature`;
  status("speed", ["Vehicle.Speed"], () => `${number(value("Vehicle.Speed"))} km/h`);
  status("gear", [
    "Vehicle.Powertrain.Transmission.CurrentGear", "Vehicle.Powertrain.Transmission.IsParkLockEngaged",
  ], gearLetter);
  status("outside", [outside, unit], () => inUnit(value(outside)));
  status("cabin", [cabin, unit], () => inUnit(value(cabin)));
  const rain = "Vehicle.Body.Raindetection.Intensity";
  status("rain", [rain], () => (value(rain) === 0 ? "dry" : `${number(value(rain))} %`));
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function note(symbol, text, kind) {
  const item = document.createElement("span");
  item.className = `note ${kind}`;
  const words = document.createElement("span");
  words.textContent = text;
  item.append(icon(symbol), words);
  return item;
}

const level = (reading) => Math.max(1, Math.round((Math.abs(reading) * 3) / 100));

function zoneNotes(at) {
  const door = `Vehicle.Cabin.Door.${at}`;
  const seat = `Vehicle.Cabin.Seat.${at}`;
  const notes = [];
  const warmth = value(`${seat}.HeatingCooling`);
  if (warmth > 0) notes.push(note("seat", `heat ${level(warmth)}`, "warm"));
  if (warmth < 0) notes.push(note("seat", `cool ${level(warmth)}`, "cold"));
  const massage = value(`${seat}.Massage.Level`);
  if (massage > 0) notes.push(note("wave", `massage ${level(massage)}`, "live"));
  const opening = value(`${door}.Window.Position`);
  if (opening === null) notes.push(note("window", STALE, "stale"));
  else if (opening > 0) notes.push(note("window", `${Math.round(opening)} %`, "live"));
  if (value(`${door}.IsOpen`)) notes.push(note("door", "open", "alert"));
  if (value(`${door}.IsChildLockActive`)) notes.push(note("child", "child lock", "calm"));
  const locked = value(`${door}.IsLocked`);
  if (locked !== null) notes.push(note(locked ? "lock" : "unlock", locked ? "locked" : "unlocked", "calm"));
  return notes;
}

function startZones() {
  for (const card of document.querySelectorAll(".zone")) {
    const at = card.dataset.zone;
    const station = `${HVAC}.Station.${at.replace("Side", "")}`;
    const find = (name) => card.querySelector(`[data-zone-value="${name}"]`);
    watchAny([`${station}.Temperature`, "Vehicle.Cabin.Infotainment.HMI.TemperatureUnit"], () => {
      find("temperature").textContent = inUnit(value(`${station}.Temperature`));
    });
    watch(`${station}.FanSpeed`, (speed) => {
      const fan = find("fan");
      fan.dataset.level = Math.ceil((speed ?? 0) / 20);
      fan.style.setProperty("--turn", speed > 0 ? `${(2.2 - 0.018 * speed).toFixed(2)}s` : "0s");
      fan.querySelector(".visually-hidden").textContent = `fan ${number(speed)} percent`;
    });
    const door = `Vehicle.Cabin.Door.${at}`;
    const seat = `Vehicle.Cabin.Seat.${at}`;
    watchAny([
      `${seat}.HeatingCooling`, `${seat}.Massage.Level`, `${door}.Window.Position`, `${door}.IsOpen`,
      `${door}.IsLocked`, `${door}.IsChildLockActive`,
    ], () => find("notes").replaceChildren(...zoneNotes(at)));
  }
}

function tile(name, paths, text, level) {
  const card = document.querySelector(`[data-tile="${name}"]`);
  watchAny(paths, () => {
    const shown = text();
    card.querySelector("output").textContent = shown;
    card.title = shown;
    card.dataset.active = shown === "off" || shown === "–" ? "no" : "yes";
    const meter = card.querySelector("meter");
    if (meter) meter.value = level() ?? 0;
  });
}

function mediaText() {
  const source = value(`${MEDIA}.Played.Source`);
  const station = value(`${MEDIA}.Station`);
  const stopped = value(`${MEDIA}.Action`) === "STOP" ? ", stopped" : "";
  if (source === null || source === "UNKNOWN") return "off";
  const tuned = source === "FM" && station !== null ? ` ${station.toFixed(1)}` : "";
  return `${source.length > 3 ? words(source) : source}${tuned}${stopped}`;
}

function lightText() {
  const names = [
    ["Beam.Low.IsOn", "low beam"], ["Beam.High.IsOn", "high beam"], ["Fog.Front.IsOn", "front fog"],
    ["Fog.Rear.IsOn", "rear fog"], ["Parking.IsOn", "parking"], ["Running.IsOn", "daytime"],
    ["Hazard.IsSignaling", "hazard"], ["DirectionIndicator.Left.IsSignaling", "left"],
    ["DirectionIndicator.Right.IsSignaling", "right"],
  ];
  const lit = names.filter(([path]) => value(`${LIGHTS}.${path}`) === true).map(([, name]) => name);
  if (lit.length) return lit.join(", ");
  return value(`${LIGHTS}.LightSwitch`) === "AUTO" ? "auto" : "off";
}

function climateText() {
  const active = [
    ["IsAirConditioningActive", "A/C"], ["IsRecirculationActive", "recirculating"],
    ["IsFrontDefrosterActive", "front defrost"], ["IsRearDefrosterActive", "rear defrost"],
  ].filter(([name]) => value(`${HVAC}.${name}`) === true);
  return active.map(([, name]) => name).join(", ") || "off";
}

function startTiles() {
  const volume = `${MEDIA}.Volume`;
  const muted = `${MEDIA}.IsMuted`;
  const brightness = "Vehicle.Cabin.Infotainment.HMI.Brightness";
  const mode = "Vehicle.Cabin.Infotainment.HMI.DayNightMode";
  const front = "Vehicle.Body.Windshield.Front.Wiping.Mode";
  const rear = "Vehicle.Body.Windshield.Rear.Wiping.Mode";
  tile("media", [`${MEDIA}.Played.Source`, `${MEDIA}.Station`, `${MEDIA}.Action`], mediaText);
  tile("volume", [volume, muted], () => (value(muted) ? "muted" : number(value(volume))),
    () => (value(muted) ? 0 : value(volume)));
  tile("display", [brightness, mode], () => {
    const night = value(mode) === "NIGHT" ? ", night" : "";
    return `${number(value(brightness))} %${night}`;
  }, () => value(brightness));
  tile("lights", [
    "Beam.Low.IsOn", "Beam.High.IsOn", "Fog.Front.IsOn", "Fog.Rear.IsOn", "Parking.IsOn", "Running.IsOn",
    "Hazard.IsSignaling", "DirectionIndicator.Left.IsSignaling", "DirectionIndicator.Right.IsSignaling", "LightSwitch",
  ].map((name) => `${LIGHTS}.${name}`), lightText);
  tile("wipers", [front, rear], () => {
    const back = value(rear);
    return words(value(front)) + (back && back !== "OFF" ? `, rear ${words(back)}` : "");
  });
  tile("climate", [
    "IsAirConditioningActive", "IsRecirculationActive", "IsFrontDefrosterActive", "IsRearDefrosterActive",
  ].map((name) => `${HVAC}.${name}`), climateText);
}

export function startPanels() {
  startStatus();
  startZones();
  startTiles();
}
