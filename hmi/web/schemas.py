"""The shapes of requests and responses; the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from codriver.web.schemas import Body

MAX_TEXT = 500
"""Characters of a sentence."""

_BIGGEST = 2**63

Value = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-_BIGGEST, lt=2 * _BIGGEST)]
    | Annotated[StrictFloat, Field(allow_inf_nan=False)]
    | Annotated[StrictStr, Field(max_length=200)]
)
"""What a signal can hold; the signal itself checks its own type and range."""

ConversationId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$", description="Letters, digits, - and _.")]
SpeakerName = Literal["driver", "passenger", "rear driver side", "rear passenger side"]


class AskBody(Body):
    """A sentence for the car."""

    text: str = Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S", description="What the person says.")
    conversation: ConversationId | None = Field(default=None, description="Absent: a new conversation.")
    speaker: SpeakerName | None = Field(default=None, description="Where the speaker sits; absent: the setting.")


class ConfirmBody(Body):
    """The answer to a yes-or-no question."""

    conversation: ConversationId
    yes: bool


class ChooseBody(Body):
    """The answer to a question with options."""

    conversation: ConversationId
    option: int = Field(ge=0, lt=50, description="Index into `options` of the answer that asked.")


class WriteBody(Body):
    """A value for one actuator."""

    value: Value
    conversation: ConversationId | None = Field(default=None, description="Absent: a new conversation.")


class SignalPath(BaseModel):
    """Path parameter: a VSS path."""

    path: str = Field(max_length=300, description="VSS path.", json_schema_extra={"example": "Vehicle.Speed"})


class ConversationPath(BaseModel):
    """Path parameter: a conversation."""

    conversation: ConversationId


class SignalQuery(BaseModel):
    """Filters for the list of signals."""

    prefix: str = Field(default="", max_length=300, description="Only paths that start with this.")
    type: Literal["actuator", "sensor", "attribute"] | None = Field(
        default=None, description="Only this VSS type."
    )


class SignalDocument(BaseModel):
    """One signal of the catalogue with its last trustworthy value."""

    path: str
    type: Literal["actuator", "sensor", "attribute"]
    datatype: str
    unit: str
    minimum: float | None
    maximum: float | None
    allowed: list[Value]
    description: str
    writable: bool
    value: Value | None = Field(description="null: the vehicle has given no trustworthy value.")


class SignalList(BaseModel):
    """Signals of the catalogue."""

    signals: list[SignalDocument]


class SignalValueDocument(BaseModel):
    """A value of one signal."""

    signal: str
    value: Value | None


class AnswerDocument(BaseModel):
    """One turn: what was asked, what was done and proved by read-back, and the sentence to say."""

    conversation: str
    text: str
    requested: list[SignalValueDocument]
    applied: list[SignalValueDocument]
    answers: list[SignalValueDocument]
    outcome: Literal[
        "done", "nothing_to_do", "needs_confirmation", "needs_clarification", "answered", "refused", "failed"
    ]
    rules: list[str]
    reply: str
    understood_by: str
    latency_ms: dict[str, float]
    options: list[str]


class ConversationDocument(BaseModel):
    """A conversation: its turns, oldest first, and the question that is open."""

    id: str
    question: str
    turns: list[AnswerDocument]


class ConversationList(BaseModel):
    """Ids of the conversations in memory, the longest unused first."""

    conversations: list[str]


class RuleDocument(BaseModel):
    """One rule of the policy."""

    id: str
    effect: Literal["refuse", "ask", "add", "tell"]
    safety: bool
    reason: str = Field(description="For the driver, one clause.")
    inactive: str = Field(description="Why it is not in force; empty when it is.")


class RuleList(BaseModel):
    """The rules that look at every plan."""

    rules: list[RuleDocument]


class FaultDocument(Body):
    """Something that goes wrong on demand; `parameter` is a share for lost and corrupted, seconds for delayed."""

    kind: str = Field(min_length=1, max_length=50)
    target: str = Field(min_length=1, max_length=100)
    parameter: float = Field(default=1.0, ge=0, le=60, allow_inf_nan=False, strict=False)


class SimulationBody(Body):
    """What to change in the simulated scene; members that are absent stay as they are."""

    values: dict[Annotated[str, Field(max_length=300)], Value] = Field(
        default_factory=dict, max_length=500, description="VSS path to value; sensors and actuators alike."
    )
    faults: list[FaultDocument] | None = Field(
        default=None, max_length=50, description="Replaces all faults; an empty list ends them."
    )


class SimulationDocument(BaseModel):
    """The simulated scene."""

    values: dict[str, Value | None]
    faults: list[FaultDocument]
    fault_kinds: dict[str, str]
    fault_targets: dict[str, list[str]]


class StatusDocument(BaseModel):
    """What runs here."""

    version: str
    signals: int
    simulated: bool = Field(description="True: `/simulation` can stage the scene.")


def answer_document(answer: Any) -> dict[str, Any]:
    """An `Answer` of the assistant as `AnswerDocument`'s members."""
    return {**answer.as_json(), "conversation": answer.conversation}
