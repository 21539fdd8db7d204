"""The simulated scene: what the car senses and what goes wrong. Only there when the vehicle is a simulated one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify

from codriver.errors import NotFoundError
from codriver.simulation import FAULT_KINDS, Fault, Simulation
from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem_responses
from codriver.web.schemas import EmptyBody
from hmi.catalogue.signal import SignalValue
from hmi.web.faults import check_fault, fault_targets
from hmi.web.pages import DIALS
from hmi.web.parts import parts
from hmi.web.schemas import FaultDocument, SimulationBody, SimulationDocument

api = make_blueprint("simulation", "Set the scene.")

_RESPONSES: dict[Any, Any] = {200: SimulationDocument, **problem_responses(404)}
_CHANGES: dict[Any, Any] = {200: SimulationDocument, **problem_responses(404, 415)}


@api.get("/simulation", responses=_RESPONSES)
def read_scene() -> Response:
    """Read the scene: the sensed values, the faults that act, and what faults there are"""
    return _scene(_simulation())


@api.put("/simulation", responses=_CHANGES)
def change_scene(body: SimulationBody) -> Response:
    """Put values into the simulated car at once and replace its faults

    This is not a command to the car, so no rule looks at it: only the signals' own ranges are checked. A body with
    any mistake changes nothing.
    """
    simulation = _simulation()
    session = parts().session
    values = [SignalValue(session.catalogue[path], value) for path, value in body.values.items()]
    faults = None if body.faults is None else [_fault(document) for document in body.faults]
    session.stage({item.path: item.value for item in values})
    if faults is not None:
        _replace(simulation, faults)
    return _scene(simulation)


@api.post("/simulation/reset", responses=_CHANGES)
def reset_scene(body: EmptyBody) -> Response:
    """Bring the simulated car back to its factory state: default values, no faults"""
    simulation = _simulation()
    parts().session.reset_vehicle()
    _tell_pages(simulation)
    return _scene(simulation)


def _simulation() -> Simulation:
    simulation = parts().session.simulation
    if simulation is None:
        raise NotFoundError("The vehicle is not simulated, so there is no scene to set.")
    return simulation


def _fault(document: FaultDocument) -> Fault:
    fault = Fault(document.kind, document.target, document.parameter)
    check_fault(fault)
    return fault


def _replace(simulation: Simulation, faults: Sequence[Fault]) -> None:
    before = list(simulation.faults())
    simulation.clear()
    try:
        for fault in faults:
            simulation.inject(fault)
    except NotFoundError:
        simulation.clear()
        for fault in before:
            simulation.inject(fault)
        raise
    _tell_pages(simulation)


def _tell_pages(simulation: Simulation) -> None:
    parts().hub.publish("faults", {"faults": _faults(simulation)})


def _faults(simulation: Simulation) -> list[dict[str, Any]]:
    return [
        {"kind": fault.kind, "target": fault.target, "parameter": fault.parameter} for fault in simulation.faults()
    ]


def _scene(simulation: Simulation) -> Response:
    session = parts().session
    state = session.vehicle.state()
    return jsonify(
        {
            "values": {path: state.get(path) for path, *_ in DIALS if path in session.catalogue},
            "faults": _faults(simulation),
            "fault_kinds": dict(FAULT_KINDS),
            "fault_targets": fault_targets(simulation.database, session.catalogue),
        }
    )
