"""The conformance checks against a rig on mock pins."""

import itertools

import pytest
from rig_kit import AMBIENT, BEAM, CATALOGUE, DOME, EXAMPLE, FAN, SPEED, VOLUME, WINDOW, WIPER, Bench, wish

from codriver.simulation import Fault
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.conformance import FaultCase, Subject, VehicleConformance


def cases(bench):
    def fault(kind, target, change, outcome):
        return FaultCase(
            kind, change, {outcome}, lambda: bench.plant.inject(Fault(kind, target)), bench.plant.clear
        )

    def short():
        bench.plant.short(22, 0.0)

    def closing(case):
        def begin():
            bench.place(1.0)
            case.begin()

        return FaultCase(f"{case.name} while closing", wish(WINDOW, 0), case.outcomes, begin, case.end)

    def hang():
        # The program is there and gives no sign of life: what a deadlock looks like to the owner of the pins.
        bench.clock.call_later(1.0, lambda: setattr(bench.pins, "beat", lambda: None))

    window = wish(WINDOW, 100)
    blocked, refused = WriteOutcome.BLOCKED, WriteOutcome.REFUSED
    stuck = fault("stuck", "driver window", window, blocked)
    return [
        stuck,
        closing(stuck),
        closing(fault("pinch", "driver window", window, blocked)),
        fault("fuse", "driver window", window, blocked),
        fault("swapped", "driver window", window, blocked),
        fault("open switch stuck open", "driver window", window, blocked),
        fault("open switch stuck closed", "driver window", window, refused),
        fault("closed switch stuck closed", "driver window", window, blocked),
        closing(fault("closed switch stuck open", "driver window", window, blocked)),
        fault("fuse", "low beam", wish(BEAM, True), blocked),
        FaultCase("short circuit", wish(DOME, True), {blocked}, short, lambda: bench.plant.short(22, None)),
        FaultCase("lost watchdog", window, {WriteOutcome.SILENT}, hang),
    ]


class TestRig(VehicleConformance):
    @pytest.fixture(autouse=True)
    def own_folder(self, tmp_path):
        self.folder, self.numbers = tmp_path, itertools.count()

    def open_subject(self):
        folder = self.folder / str(next(self.numbers))
        folder.mkdir()
        text = EXAMPLE.read_text(encoding="utf-8").replace("type: ds18b20", f"type: ds18b20\n    folder: {folder}")
        file = folder / "rig.yaml"
        file.write_text(text, encoding="utf-8")
        bench = Bench(file)
        return Subject(
            bench.vehicle,
            bench.clock,
            CATALOGUE,
            changes=[
                wish(DOME, True),
                wish(BEAM, True),
                wish(FAN, 40),
                wish(VOLUME, 35),
                wish(WIPER, "SLOW"),
                wish(f"{AMBIENT}.IsLightOn", True),
                wish(f"{AMBIENT}.Color", "#12AB00"),
                wish(f"{AMBIENT}.Intensity", 30),
            ],
            slow=(wish(WINDOW, 100), wish(WINDOW, 20)),
            refused=[wish(WIPER, "INTERVAL")],
            unwritable=[wish(SPEED, 10), wish("Vehicle.Cabin.Sunroof.Position", 50)],
            faults=cases(bench),
        )
