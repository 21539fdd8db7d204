"""Puts the parts together: settings → catalogue, vehicle, recogniser, rules and the assistant that uses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from codriver.clock import VirtualClock
from codriver.collection import no_collection
from codriver.errors import InputError
from codriver.settings import Settings
from hmi.settings import LLM_LEVEL, LLM_SAMPLES, VEHICLE

if TYPE_CHECKING:
    from codriver.simulation import Simulation
    from hmi.assistant.assistant import Assistant
    from hmi.assistant.conversation import Conversations
    from hmi.assistant.turn import Speaker
    from hmi.catalogue.catalogue import Catalogue
    from hmi.catalogue.family_file import Families
    from hmi.catalogue.signal import Value
    from hmi.planning.policy import Policy
    from hmi.requests import Recogniser, Request
    from hmi.vehicle.base import TimedVehicle
    from hmi.vehicle.simulated import SimulatedVehicle

SPEAKERS: Mapping[str, Speaker] = {
    "driver": (1, "driver"),
    "passenger": (1, "passenger"),
    "rear driver side": (2, "driver"),
    "rear passenger side": (2, "passenger"),
}
"""The names that the setting `assistant.speaker` gives the seats, as row and side."""

_REST = 15.0
"""Seconds after which nothing in the simulated vehicle moves any more; the slowest travel takes less."""


class Session:
    """One vehicle and the assistant that speaks for it. A context manager that closes the vehicle."""

    def __init__(
        self,
        catalogue: Catalogue,
        families: Families,
        vehicle: TimedVehicle,
        policy: Policy,
        recogniser: Recogniser,
        conversations: Conversations | None = None,
    ) -> None:
        from hmi.assistant.assistant import Assistant

        self.catalogue = catalogue
        self.families = families
        self.vehicle = vehicle
        self.policy = policy
        self.recogniser = recogniser
        self.assistant: Assistant = Assistant(
            catalogue, families, vehicle, recogniser, policy, conversations=conversations
        )
        self._factory_state = dict(vehicle.state())

    @property
    def simulation(self) -> Simulation | None:
        """The simulation behind the vehicle; None on a real bus."""
        simulated = self._simulated()
        return None if simulated is None else simulated.simulation

    def reset(self) -> None:
        """A fresh vehicle and no conversations. Raises `InputError` for a vehicle that is not simulated."""
        self.reset_vehicle()
        self.assistant.forget_all()

    def reset_vehicle(self) -> None:
        """Bring the vehicle back to its factory state. Raises `InputError` for one that is not simulated."""
        self._stageable().reset()

    def stage(self, values: Mapping[str, Value]) -> None:
        """Put values (by VSS path) into the simulated vehicle at once, without rules and proof.

        Raises `NotFoundError` for an unknown path, `InputError` for a value that does not fit or a vehicle that is
        not simulated; then nothing is staged.
        """
        self._stageable().stage(values)

    def scene(self) -> Mapping[str, Value]:
        """The values that differ from the factory state; `stage` on a fresh vehicle brings them back."""
        state = self.vehicle.state()
        return {path: value for path, value in state.items() if self._factory_state.get(path) != value}

    def settle(self) -> None:
        """Let what still moves (a pinched window that reverses) come to rest; for virtual time."""
        if isinstance(self.vehicle.clock, VirtualClock):
            self.vehicle.clock.advance(_REST)

    def close(self) -> None:
        """Leave the bus and release everything."""
        self.vehicle.close()
        close = getattr(self.recogniser, "close", None)
        if close is not None:
            close()

    def warm_up(self) -> None:
        """Get ready in the background what the first free sentence will need, such as the embedded model."""
        warm_up = getattr(self.recogniser, "warm_up", None)
        if warm_up is not None:
            warm_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _simulated(self) -> SimulatedVehicle | None:
        from hmi.vehicle.simulated import SimulatedVehicle

        return self.vehicle if isinstance(self.vehicle, SimulatedVehicle) else None

    def _stageable(self) -> SimulatedVehicle:
        simulated = self._simulated()
        if simulated is None:
            raise InputError(
                f"A scene can be staged in the simulated vehicle only; set {VEHICLE.key} to simulated."
            )
        return simulated


def open_session(
    settings: Settings, *, virtual_time: bool = False, conversations: Conversations | None = None
) -> Session:
    """The session that `settings` describe; `conversations` limits what it remembers.

    With `virtual_time` the simulated vehicle's waiting takes no real time; then use it from one thread only.
    Raises the errors of the files and devices that the settings name.
    """
    with no_collection():
        # Each of these costs time to import, which `codriver --help` and other commands must not pay.
        from hmi.catalogue.catalogue import load_catalogue
        from hmi.catalogue.family_file import load_families
        from hmi.planning.policy import load_policy
        from hmi.vehicle.open import open_vehicle

        catalogue = load_catalogue(settings)
        families = load_families(catalogue)
        policy = load_policy(settings, catalogue)
        vehicle = open_vehicle(settings, catalogue, virtual_time=virtual_time)
        try:
            recogniser = open_recogniser(settings, catalogue, families, policy, vehicle.state)
        except BaseException:
            vehicle.close()
            raise
        return Session(catalogue, families, vehicle, policy, recogniser, conversations)


def open_recogniser(
    settings: Settings,
    catalogue: Catalogue,
    families: Families,
    policy: Policy,
    state: Callable[[], Mapping[str, Value]],
) -> Recogniser:
    """What turns sentences into interpretations: the grammar, and the language-model level unless it is off."""
    from hmi.understanding.grammar.recogniser import GrammarRecogniser

    grammar = GrammarRecogniser(families)
    if not settings[LLM_LEVEL]:
        return grammar
    from hmi.planning.plan import Effect
    from hmi.planning.planner import plan
    from hmi.understanding.cascade import Cascade
    from hmi.understanding.llm.model import open_model
    from hmi.understanding.llm.recogniser import Car, LlmRecogniser

    def breaks_rule(requests: Sequence[Request], speaker: Speaker) -> bool:
        tried = plan(requests, dict(state()), policy, families, speaker)
        return bool(tried.impossible) or any(hit.effect in (Effect.REFUSE, Effect.ASK) for hit in tried.hits)

    car = Car(catalogue, families, grammar.lexicon, state, breaks_rule)
    llm = LlmRecogniser(grammar, car, open_model(settings), settings[LLM_SAMPLES])
    return Cascade(grammar, llm, families)
