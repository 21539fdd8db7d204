// Turns signal values into the drawing: each part of car.svg gets attributes (data-on, data-mode) and CSS variables
// (--open, --level, --colour), and car.css does the rest. A value of null (no trustworthy reading) marks the part
// with data-known="no" instead of pretending that it is closed or off.
import { value, watch, watchAny } from "./live.js";

const ROWS = ["Row1", "Row2"];
const SIDES = ["DriverSide", "PassengerSide"];
const PLACES = ROWS.flatMap((row) => SIDES.map((side) => `${row}.${side}`));

function parts(name, at) {
  const place = at ? `[data-at="${at}"]` : "";
  return document.querySelectorAll(`.stage [data-part="${name}"]${place}`);
}

function each(name, at, apply) {
  for (const part of parts(name, at)) apply(part);
}

function known(part, reading) {
  part.dataset.known = reading === null ? "no" : "yes";
}

// A share 0..100 as the variable --open 0..1.
function share(path, name, at) {
  watch(path, (reading) =>
    each(name, at, (part) => {
      known(part, reading);
      part.style.setProperty("--open", ((reading ?? 0) / 100).toFixed(3));
      part.dataset.on = reading > 0 ? "yes" : "no";
    }),
  );
}

function onOff(path, name, at) {
  watch(path, (reading) =>
    each(name, at, (part) => {
      known(part, reading);
      part.dataset.on = reading ? "yes" : "no";
    }),
  );
}

// Lit when any of the signals is true.
function anyOn(paths, name, at) {
  watchAny(paths, () => {
    const on = paths.some((path) => value(path) === true);
    each(name, at, (part) => (part.dataset.on = on ? "yes" : "no"));
  });
}

function startDoors() {
  for (const at of PLACES) {
    const door = `Vehicle.Cabin.Door.${at}`;
    onOff(`${door}.IsOpen`, "door", at);
    onOff(`${door}.IsLocked`, "lock", at);
    share(`${door}.Window.Position`, "window", at);
    share(`${door}.Shade.Position`, "shade", at);
  }
}

function startSeats() {
  for (const at of PLACES) {
    const seat = `Vehicle.Cabin.Seat.${at}`;
    watch(`${seat}.HeatingCooling`, (level) =>
      each("seat", at, (part) => {
        known(part, level);
        part.dataset.climate = level > 0 ? "heat" : level < 0 ? "cool" : "off";
        part.style.setProperty("--level", (Math.abs(level ?? 0) / 100).toFixed(2));
      }),
    );
    watch(`${seat}.Massage.Level`, (level) =>
      each("seat", at, (part) => (part.dataset.massage = level > 0 ? "yes" : "no")),
    );
    watch(`${seat}.Backrest.Recline`, (degrees) =>
      each("seat", at, (part) => part.style.setProperty("--recline", Math.min(1, (degrees ?? 0) / 60).toFixed(2))),
    );
  }
}

// A coloured light: on, intensity in percent and, where it has one, a colour.
function lamp(base, name, at) {
  watchAny([`${base}.IsLightOn`, `${base}.Intensity`, `${base}.Color`], () =>
    each(name, at, (part) => {
      part.dataset.on = value(`${base}.IsLightOn`) ? "yes" : "no";
      part.style.setProperty("--level", ((value(`${base}.Intensity`) ?? 100) / 100).toFixed(2));
      const colour = value(`${base}.Color`);
      if (/^#[0-9a-f]{6}$/i.test(colour ?? "")) part.style.setProperty("--colour", colour);
    }),
  );
}

function startInteriorLights() {
  onOff("Vehicle.Cabin.Light.IsDomeOn", "dome");
  onOff("Vehicle.Cabin.Light.IsGloveBoxOn", "glovebox");
  lamp("Vehicle.Cabin.Light.InteractiveLightBar", "light-bar");
  for (const at of PLACES) {
    lamp(`Vehicle.Cabin.Light.Spotlight.${at}`, "spot", at);
    lamp(`Vehicle.Cabin.Light.AmbientLight.${at}`, "ambient", at);
  }
}

function startExteriorLights() {
  const lights = "Vehicle.Body.Lights";
  const [low, high] = [`${lights}.Beam.Low.IsOn`, `${lights}.Beam.High.IsOn`];
  const hazard = `${lights}.Hazard.IsSignaling`;
  anyOn([low, high], "headlamp");
  onOff(low, "beam-low");
  onOff(high, "beam-high");
  for (const name of ["fog-front", "beam-fog"]) onOff(`${lights}.Fog.Front.IsOn`, name);
  for (const name of ["fog-rear", "glow-fog-rear"]) onOff(`${lights}.Fog.Rear.IsOn`, name);
  for (const name of ["backup", "glow-backup"]) onOff(`${lights}.Backup.IsOn`, name);
  onOff(`${lights}.Running.IsOn`, "running");
  onOff(`${lights}.Parking.IsOn`, "parking");
  onOff(`${lights}.LicensePlate.IsOn`, "glow-plate");
  for (const name of ["tail", "glow-tail"]) anyOn([low, high, `${lights}.Parking.IsOn`], name);
  for (const side of ["Left", "Right"]) {
    anyOn([hazard, `${lights}.DirectionIndicator.${side}.IsSignaling`], "indicator", side);
  }
}

function startBody() {
  onOff("Vehicle.Body.Hood.IsOpen", "hood");
  onOff("Vehicle.Powertrain.FuelSystem.IsFuelPortFlapOpen", "flap");
  onOff("Vehicle.Body.Horn.IsActive", "horn");
  share("Vehicle.Body.Trunk.Rear.Position", "trunk");
  for (const name of ["frunk", "frunk-well"]) share("Vehicle.Body.Trunk.Front.Position", name);
  onOff("Vehicle.Body.Trunk.Rear.IsLightOn", "trunk-light");
  share("Vehicle.Cabin.RearShade.Position", "rear-shade");
  share("Vehicle.Cabin.Sunroof.Shade.Position", "sunroof-shade");
  for (const name of ["sunroof", "sunroof-lip", "sunroof-frame"]) {
    watch("Vehicle.Cabin.Sunroof.Position", (position) =>
      each(name, null, (part) => {
        known(part, position);
        part.dataset.on = position > 0 ? "yes" : "no";
        part.dataset.tilted = position < 0 ? "yes" : "no";
        part.style.setProperty("--open", (Math.max(0, position ?? 0) / 100).toFixed(3));
        part.style.setProperty("--tilt", (Math.max(0, -(position ?? 0)) / 100).toFixed(3));
      }),
    );
  }
  for (const side of SIDES) {
    const mirror = `Vehicle.Body.Mirrors.${side}`;
    onOff(`${mirror}.IsFolded`, "mirror", side);
    watch(`${mirror}.IsHeatingOn`, (on) => each("mirror", side, (part) => (part.dataset.heat = on ? "yes" : "no")));
  }
}

function startGlass() {
  for (const [end, name] of [["Front", "front"], ["Rear", "rear"]]) {
    const paths = [
      `Vehicle.Body.Windshield.${end}.IsHeatingOn`,
      `Vehicle.Cabin.HVAC.Is${end}DefrosterActive`,
    ];
    anyOn(paths, `heat-${name}`);
    watch(`Vehicle.Body.Windshield.${end}.Wiping.Mode`, (mode) =>
      each(`wiper-${name}`, null, (part) => (part.dataset.mode = mode ?? "OFF")),
    );
  }
}

function startCockpit() {
  share("Vehicle.Cabin.Infotainment.HMI.Brightness", "display");
  share("Vehicle.Chassis.SteeringWheel.HeatingCooling", "wheel");
  watchAny(
    ["Vehicle.Cabin.Infotainment.Media.Volume", "Vehicle.Cabin.Infotainment.Media.IsMuted"],
    () => each("sound", null, (part) => {
      const silent = value("Vehicle.Cabin.Infotainment.Media.IsMuted") === true;
      part.style.setProperty("--open", silent ? 0 : (value("Vehicle.Cabin.Infotainment.Media.Volume") ?? 0) / 100);
    }),
  );
}

function startRoad() {
  watch("Vehicle.Speed", (speed) =>
    each("road", null, (part) => {
      part.dataset.moving = speed > 0.5 ? "yes" : "no";
      // One dash length (80 units) in a time that shrinks with the speed, never too quick to see.
      part.style.setProperty("--lane-time", `${Math.max(0.25, 30 / Math.max(1, speed ?? 0)).toFixed(2)}s`);
    }),
  );
  share("Vehicle.Body.Raindetection.Intensity", "rain");
  watch("Vehicle.Exterior.LightIntensity", (light) =>
    document.querySelector(".stage").style.setProperty("--daylight", ((light ?? 50) / 100).toFixed(2)),
  );
}

export function startCar() {
  for (const start of [
    startDoors, startSeats, startInteriorLights, startExteriorLights, startBody, startGlass, startCockpit, startRoad,
  ]) start();
}
