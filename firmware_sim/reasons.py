"""Why an ECU refuses a command; the numbers are those of the DBC's `Ack…_Reason` signals."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """The answer to one requested value. `NONE` means accepted."""

    NONE = 0
    OUT_OF_RANGE = 1
    """No such value."""
    LOCKED = 2
    CHILD_LOCK = 3
    NO_POWER = 4
    """The car's power state does not feed this actuator."""
    OBSTRUCTED = 5
    """The actuator is backing away from something in its path."""
    SHADE_CLOSED = 6
    MOVING = 7
    """The car drives too fast for this."""
    FUSE_BLOWN = 8
    BAD_CHECKSUM = 9
    OLD_COUNTER = 10
    """The alive counter has not moved since the last command of this message: a repeated frame."""
    NOT_AVAILABLE = 11
