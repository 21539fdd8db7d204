"""Pin factories by name, as gpiozero's plug-ins offer them: lgpio, pigpio, native, mock and others installed."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from codriver.errors import ResourceError

if TYPE_CHECKING:
    from gpiozero.pins import Factory

_GROUP = "gpiozero_pin_factories"


def open_factory(name: str) -> Factory:
    """The pin factory `name`. Raises `ResourceError` when it is not installed or finds no pins here."""
    try:
        import gpiozero  # noqa: F401 - only to see whether it is there
    except ImportError:
        raise ResourceError(
            "A rig needs gpiozero; install it with pip install '.[rig]' in codriver's folder."
        ) from None
    points = {point.name: point for point in entry_points(group=_GROUP)}
    if name not in points:
        raise ResourceError(
            f"There is no pin factory {name!r}; set rig.pins to one of {', '.join(sorted(points))}."
        )
    try:
        return _create(name, points[name].load())
    except Exception as error:  # noqa: BLE001 - every factory has errors of its own, up to plain Exception
        cause = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise ResourceError(
            f"The pin factory {name!r} finds no pins here ({cause}); on a computer without GPIO pins set rig.pins "
            f"to simulated."
        ) from None


def _create(name: str, factory: Any) -> Factory:
    if name == "mock":
        from gpiozero.pins.mock import MockPWMPin

        return factory(pin_class=MockPWMPin)
    created: Factory = factory()
    if name == "lgpio":
        _use_fine_pulses(created)
    return created


def _use_fine_pulses(factory: Any) -> None:
    """Give the lgpio factory pins whose duty is a fraction.

    gpiozero cuts the duty to whole percents there. At a servo's 50 Hz one percent is 0.2 ms of a pulse that goes
    from 1 to 2 ms, so a servo would have six positions.
    """

    class FinePin(factory.pin_class):  # type: ignore[misc]
        """An lgpio pin with the duty that was asked for."""

        def _set_state(self, value: float) -> None:
            import lgpio

            if not self._pwm:
                super()._set_state(value)
                return
            frequency, _ = self._pwm
            self._pwm: tuple[float, float] | None = (frequency, value * 100)
            lgpio.tx_pwm(self.factory._handle, self._number, *self._pwm)

    factory.pin_class = FinePin
