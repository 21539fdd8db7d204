"""How long after SIGKILL every output of a rig is in its safe state: `python -m benchmarks.safe_state [RUNS]`.

A real program with a real guardian process, on simulated pins that write down when they change. The watchdog is
set to five seconds, so that only the noticed death of the program counts.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RIG = """
watchdog: 5
devices:
  window:
    {type: motor, signal: Vehicle.Cabin.Door.Row1.DriverSide.Window.Position, open_pin: 17, close_pin: 27,
     open_switch: 5, closed_switch: 6, travel_time: 60}
  light: {type: led, signal: Vehicle.Cabin.Light.IsDomeOn, pin: 22}
  fan: {type: fan, signal: Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed, pin: 18}
"""
PINS = (17, 22, 18)

PROGRAM = """
import sys
from codriver.settings import load_settings
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.open import open_vehicle

catalogue = default_catalogue()
flags = {"vehicle.kind": "gpio", "rig.file": sys.argv[1], "rig.pins": "simulated"}
vehicle = open_vehicle(load_settings(flags, environ={}, files=[]), catalogue)
for path, value in (
    ("Vehicle.Cabin.Light.IsDomeOn", True),
    ("Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed", 70),
    ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", 100),
):
    vehicle.write([SignalValue(catalogue[path], value)], lambda news: print("moving", flush=True))
"""


def main() -> None:
    """Kill and measure RUNS times (20 by default) and print the delays in milliseconds."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        delays = sorted(_delay(Path(folder)) * 1000 for _ in range(runs))
    print(f"{runs} kills: median {statistics.median(delays):.1f} ms, longest {delays[-1]:.1f} ms")


def _delay(folder: Path) -> float:
    rig, log = folder / "rig.yaml", folder / "wires.jsonl"
    rig.write_text(RIG, encoding="utf-8")
    log.write_text("", encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, str(rig)]
    environment = os.environ | {"CODRIVER_RIG_LOG": str(log)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "moving\n", "the program has not started"
        killed_at = time.monotonic()
        program.kill()
    end = killed_at + 10
    while time.monotonic() < end:
        changes = [json.loads(line) for line in log.read_text(encoding="utf-8").split("\n")[:-1]]
        last = {change["pin"]: change for change in changes if change["pin"] in PINS}
        if all(change["level"] == 0 for change in last.values()):
            return max(change["time"] for change in last.values()) - killed_at
        time.sleep(0.01)
    raise AssertionError("the outputs have not become safe within ten seconds")


if __name__ == "__main__":
    main()
