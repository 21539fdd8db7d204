"""One person talks, the car acts: understanding → planning → vehicle → reply, with memory in between.

The assistant is where the four steps meet. It knows the recogniser only as something that turns a sentence and a
`Context` into an `Interpretation`, so a grammar, a language model or a cascade of both fit the same place, and
whatever they propose goes through the same plan, rules and read-back.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from codriver.errors import InputError
from hmi.assistant.acting import Deed, carry_out
from hmi.assistant.answer import Answer, Outcome
from hmi.assistant.conversation import Conversation, Conversations, Job, OpenChoice, Pending
from hmi.assistant.naming import FamilyIndex
from hmi.assistant.outcome import outcome_of
from hmi.assistant.reply import Replies
from hmi.assistant.undo import correction, merged, restore, reversed_phases, taken
from hmi.assistant.wording import english
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import SignalValue
from hmi.planning.plan import Effect, Plan
from hmi.planning.planner import plan as make_plan
from hmi.planning.policy import Policy
from hmi.requests import Act, Context, Interpretation, Kind, Recogniser, Request
from hmi.vehicle.base import State, Vehicle

Speaker = tuple[int, str]
"""Row (1 = front) and side ("driver" or "passenger") of the person who speaks."""

_DRIVER: Speaker = (1, "driver")


@dataclass(slots=True)
class _Turn:
    """One sentence on its way to an answer."""

    conversation: Conversation
    text: str
    speaker: Speaker
    understood_by: str = ""
    memory: object = None
    latency_ms: dict[str, float] = field(default_factory=lambda: {"understand": 0.0, "plan": 0.0, "act": 0.0})

    def clock(self, step: str, started: float) -> None:
        """Add the time since `started` (`time.perf_counter`) to `step`."""
        self.latency_ms[step] += (time.perf_counter() - started) * 1000

    def answer(self, outcome: Outcome, reply: str, plan: Plan | None = None, deeds: Sequence[Deed] = ()) -> Answer:
        """The answer of this turn."""
        plan = plan or Plan()
        return Answer(
            text=self.text,
            outcome=outcome,
            reply=reply,
            requested=plan.requested,
            applied=tuple(deed.change.target for deed in deeds if deed.proved),
            answers=tuple({"signal": r.signal.path, "value": r.value} for r in plan.readings),
            rules=tuple(dict.fromkeys(hit.rule for hit in plan.hits)),
            understood_by=self.understood_by,
            latency_ms=self.latency_ms,
            conversation=self.conversation.id,
        )


class Assistant:
    """Conversations about one vehicle. Safe to use from several threads; turns of one conversation queue up."""

    def __init__(
        self,
        catalogue: Catalogue,
        families: FamilyIndex,
        vehicle: Vehicle,
        recogniser: Recogniser,
        policy: Policy,
        *,
        conversations: Conversations | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.catalogue = catalogue
        self.families = families
        self.vehicle = vehicle
        self.recogniser = recogniser
        self.policy = policy
        self._conversations = conversations or Conversations()
        self._replies = Replies(families, english())
        self._now = now

    def ask(self, text: str, conversation_id: str = "", speaker: Speaker = _DRIVER) -> Answer:
        """Do what `text` asks for. An empty id begins a new conversation, whose id is in the answer.

        Raises nothing for any text.
        """
        conversation = self._conversations.open(conversation_id or uuid.uuid4().hex)
        with conversation.lock:
            conversation.expire_questions(self._now())
            conversation.speaker = speaker
            context = Context(
                speaker=speaker,
                memory=conversation.memory,
                question=conversation.choice.question if conversation.choice else None,
                awaiting_confirmation=conversation.pending is not None,
            )
            turn = _Turn(conversation, text, speaker)
            started = time.perf_counter()
            interpretation = self.recogniser.interpret(text, context)
            turn.clock("understand", started)
            turn.understood_by = interpretation.understood_by
            return self._finish(turn, self._respond(turn, interpretation))

    def confirm(self, conversation_id: str, yes: bool) -> Answer:
        """Answer the yes-or-no question of a conversation. Raises `NotFoundError` for an unknown conversation."""
        conversation = self._conversations.get(conversation_id)
        with conversation.lock:
            conversation.expire_questions(self._now())
            turn = _Turn(conversation, "yes" if yes else "no", conversation.speaker)
            return self._finish(turn, self._confirmed(turn) if yes else self._denied(turn))

    def choose(self, conversation_id: str, option: int) -> Answer:
        """Pick an option (counted from 0) of the clarifying question of a conversation.

        Raises `NotFoundError` for an unknown conversation, `InputError` for an option that there is not.
        """
        conversation = self._conversations.get(conversation_id)
        with conversation.lock:
            conversation.expire_questions(self._now())
            options = conversation.choice.question.options if conversation.choice else ()
            if conversation.choice and not 0 <= option < len(options):
                raise InputError(f"There is no option {option}; choose from 0 to {len(options) - 1}.")
            text = options[option].label if options else ""
            turn = _Turn(conversation, text, conversation.speaker)
            return self._finish(turn, self._chosen(turn, option))

    def request(
        self, requests: Sequence[Request], conversation_id: str = "", speaker: Speaker = _DRIVER, text: str = ""
    ) -> Answer:
        """Do what `requests` ask for: wishes of a caller that names signals itself instead of saying a sentence.

        They go through the same plan, rules, proof, history and undo. An empty id begins a new conversation;
        `text` is what the history shows as said.
        """
        conversation = self._conversations.open(conversation_id or uuid.uuid4().hex)
        with conversation.lock:
            conversation.close_questions()
            turn = _Turn(conversation, text, speaker)
            return self._finish(turn, self._request(turn, tuple(requests), replaces_last=False))

    def conversation(self, conversation_id: str) -> Conversation:
        """What has been said so far. Raises `NotFoundError`."""
        return self._conversations.get(conversation_id)

    def conversation_ids(self) -> Sequence[str]:
        """Ids of the conversations in memory, the longest unused first."""
        return self._conversations.ids()

    def forget(self, conversation_id: str) -> None:
        """Drop a conversation and all it remembers; one that does not exist is no error."""
        self._conversations.forget(conversation_id)

    def forget_all(self) -> None:
        """Drop every conversation."""
        self._conversations.clear()

    def _finish(self, turn: _Turn, answer: Answer) -> Answer:
        turn.conversation.turns.append(answer)
        return answer

    def _respond(self, turn: _Turn, meant: Interpretation) -> Answer:
        conversation = turn.conversation
        if meant.act is Act.UNKNOWN or _unsound(meant):
            return self._not_understood(turn, meant)
        if meant.memory is not None:
            conversation.memory = meant.memory
        if meant.act is Act.CONFIRM:
            return self._confirmed(turn)
        if meant.act is Act.DENY:
            return self._denied(turn)
        if meant.act is Act.CHOOSE:
            return self._chosen(turn, meant.choice)
        conversation.close_questions()
        if meant.act in (Act.CLARIFY, Act.REFUSE):
            conversation.last_changes = ()
            return self._clarify(turn, meant) if meant.act is Act.CLARIFY else self._refuse(turn, meant)
        if meant.act is Act.UNDO:
            return self._undo(turn)
        if meant.act is Act.HELP:
            return turn.answer(Outcome.ANSWERED, self._replies.help())
        if meant.act is Act.SMALLTALK:
            return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("smalltalk"))
        return self._request(turn, meant.requests, meant.replaces_last)

    def _not_understood(self, turn: _Turn, meant: Interpretation) -> Answer:
        """Say what was not understood; a question that was open stays open and is asked again."""
        reply = self._replies.not_understood(turn.text, meant.leftover)
        again = turn.conversation.open_question
        answer = turn.answer(Outcome.NEEDS_CLARIFICATION, f"{reply} {again}" if again else reply)
        return replace(answer, options=_labels(turn.conversation))

    def _confirmed(self, turn: _Turn) -> Answer:
        conversation = turn.conversation
        pending, choice = conversation.pending, conversation.choice
        if pending is not None:
            conversation.close_questions()
            return self._carry_out(turn, pending.job, pending.acknowledged)
        if choice is not None and len(choice.question.options) == 1:
            return self._chosen(turn, 0)
        if choice is not None:
            return self._pick_one(turn, choice)
        return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("nothing_open"))

    def _denied(self, turn: _Turn) -> Answer:
        turn.conversation.close_questions()
        return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("left"))

    def _chosen(self, turn: _Turn, option: int | None) -> Answer:
        choice = turn.conversation.choice
        if choice is None:
            return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("nothing_open"))
        if option is None or not 0 <= option < len(choice.question.options):
            return self._pick_one(turn, choice)
        picked = choice.question.options[option]
        turn.conversation.close_questions()
        turn.understood_by = turn.understood_by or choice.understood_by
        if picked.memory is not None:
            turn.conversation.memory = picked.memory
        return self._request(turn, picked.requests, replaces_last=False)

    def _pick_one(self, turn: _Turn, choice: OpenChoice) -> Answer:
        answer = turn.answer(Outcome.NEEDS_CLARIFICATION, self._replies.pick_one(choice.question))
        return replace(answer, options=_labels(turn.conversation))

    def _clarify(self, turn: _Turn, meant: Interpretation) -> Answer:
        if meant.question is None:
            return turn.answer(
                Outcome.NEEDS_CLARIFICATION, self._replies.not_understood(turn.text, meant.leftover)
            )
        turn.conversation.choice = OpenChoice(meant.question, turn.understood_by, self._now())
        answer = turn.answer(Outcome.NEEDS_CLARIFICATION, self._replies.choice(meant.question))
        return replace(answer, options=_labels(turn.conversation))

    def _refuse(self, turn: _Turn, meant: Interpretation) -> Answer:
        """What the recogniser knows to be impossible; `requested` is filled where it says what was wanted."""
        job = Job(meant.requests, turn.speaker)
        wanted = self._plan(turn, job, self.vehicle.state()).requested if meant.requests else ()
        return turn.answer(
            Outcome.REFUSED, meant.refusal or self._replies.say("impossible"), Plan(requested=wanted)
        )

    def _request(self, turn: _Turn, requests: tuple[Request, ...], replaces_last: bool) -> Answer:
        last = turn.conversation.last_changes
        if replaces_last and last:
            # Relative wishes of a correction count from where things were before the turn that it replaces.
            back = {**self.vehicle.state(), **{item.before.path: item.before.value for item in last}}
            fresh = self._plan(turn, Job(requests, turn.speaker), back)
            requests = correction(requests, fresh, last)
            return self._carry_out(turn, Job(requests, turn.speaker, takes_back=last))
        return self._carry_out(turn, Job(requests, turn.speaker))

    def _undo(self, turn: _Turn) -> Answer:
        stack = turn.conversation.undo_stack
        if not stack:
            return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("nothing_to_undo"))
        job = Job(restore(stack[-1]), turn.speaker, takes_back=stack[-1], is_undo=True)
        return self._carry_out(turn, job)

    def _carry_out(self, turn: _Turn, job: Job, acknowledged: frozenset[str] = frozenset()) -> Answer:
        """Plan `job` against the state as it is now and act, unless a rule asks that was not answered yet."""
        before = self.vehicle.state()
        plan = self._plan(turn, job, before)
        asking = frozenset(hit.rule for hit in plan.hits if hit.effect is Effect.ASK)
        if plan.needs_confirmation and not asking <= acknowledged:
            return self._ask_back(turn, job, plan, acknowledged | asking)

        def replan(targets: Sequence[SignalValue]) -> Plan:
            wishes = tuple(Request(Kind.SET, target.signal, target.value) for target in targets)
            return self._plan(turn, replace(job, requests=wishes), before)

        planned = dict(turn.latency_ms)
        started = time.perf_counter()
        deeds = carry_out(plan, self.vehicle, replan)
        turn.clock("act", started)
        # Planning again inside acting is counted once, as planning.
        turn.latency_ms["act"] -= turn.latency_ms["plan"] - planned["plan"]
        self._remember(turn.conversation, job, plan, deeds, before)
        reply = self._replies.after(plan, deeds, before, undo=job.is_undo)
        return turn.answer(outcome_of(plan, deeds), reply, plan, deeds)

    def _plan(self, turn: _Turn, job: Job, state: State) -> Plan:
        started = time.perf_counter()
        plan = make_plan(job.requests, state, self.policy, self.families, job.speaker)
        if job.is_undo:
            plan = replace(plan, changes=reversed_phases(plan.changes, job.takes_back))
        turn.clock("plan", started)
        return plan

    def _ask_back(self, turn: _Turn, job: Job, plan: Plan, acknowledged: frozenset[str]) -> Answer:
        # What the driver says yes to are these values, wherever the signals will be by then.
        wishes = tuple(Request(Kind.SET, target.signal, target.value) for target in plan.requested)
        question = self._replies.confirmation(plan, undo=job.is_undo)
        turn.conversation.close_questions()
        turn.conversation.last_changes = ()
        turn.conversation.pending = Pending(replace(job, requests=wishes), acknowledged, question, self._now())
        return turn.answer(Outcome.NEEDS_CONFIRMATION, question, plan)

    def _remember(
        self, conversation: Conversation, job: Job, plan: Plan, deeds: Sequence[Deed], before: State
    ) -> None:
        """Keep the undo stack as the person sees it: a correction and the turn it corrects are one step."""
        if not plan.requested and not plan.impossible:
            return
        changes = taken(deeds, before)
        refused_whole = not changes and outcome_of(plan, deeds) is not Outcome.NOTHING_TO_DO
        if not job.takes_back:
            conversation.remember(changes)
        elif refused_whole:
            conversation.last_changes = ()
        else:
            conversation.pop_undo(job.takes_back)
            if not job.is_undo:
                conversation.remember(merged(job.takes_back, changes, self.vehicle.state()))


def _unsound(meant: Interpretation) -> bool:
    """True for a request that asks for nothing, or that would change something on words half understood."""
    if meant.act is not Act.REQUEST:
        return False
    changes = any(wish.kind is not Kind.READ for wish in meant.requests)
    return not meant.requests or (changes and bool(meant.leftover))


def _labels(conversation: Conversation) -> tuple[str, ...]:
    """The labels of the options that are open."""
    if conversation.choice is None:
        return ()
    return tuple(option.label for option in conversation.choice.question.options)
