"""One person talks, the car acts: understanding → planning → vehicle → reply, with memory in between.

The assistant is where the four steps meet. It knows the recogniser only as something that turns a sentence and a
`Context` into an `Interpretation`, so a grammar, a language model or a cascade of both fit the same place, and
whatever they propose goes through the same plan, rules and read-back.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from codriver.errors import InputError
from hmi.assistant.acting import Deed, Journey, carry_out
from hmi.assistant.answer import Answer, Outcome
from hmi.assistant.conversation import Conversation, Conversations, Job, OpenChoice, Pending
from hmi.assistant.lookout import Lookout
from hmi.assistant.movements import Movements, changes_of
from hmi.assistant.naming import FamilyIndex
from hmi.assistant.outcome import outcome_of
from hmi.assistant.reply import Replies
from hmi.assistant.stopping import StopWords
from hmi.assistant.turn import DRIVER, Speaker, Turn
from hmi.assistant.undo import correction, merged, restore, reversed_phases, taken
from hmi.assistant.wording import english
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import SignalValue
from hmi.planning.plan import Change, Effect, Plan, RuleHit
from hmi.planning.planner import NOTHING
from hmi.planning.planner import plan as make_plan
from hmi.planning.policy import Policy
from hmi.requests import Act, Context, Interpretation, Kind, Recogniser, Request
from hmi.vehicle.base import State, Vehicle


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
        self._stop_words = StopWords(families, english())
        self.movements = Movements(vehicle)
        """What is under way at present, in all conversations."""
        self._lookout = Lookout(vehicle, policy, self.movements)
        self._now = now

    def ask(self, text: str, conversation_id: str = "", speaker: Speaker = DRIVER) -> Answer:
        """Do what `text` asks for. An empty id begins a new conversation, whose id is in the answer.

        Raises nothing for any text.
        """
        begun = self.movements.stops
        conversation = self._conversations.open(conversation_id or uuid.uuid4().hex)
        if self._means_stop(text, conversation):
            # The conversation's lock is held while things move, which is just when a stop must not wait.
            return self._stop(Turn(conversation, text, speaker, begun))
        with conversation.lock:
            conversation.expire_questions(self._now())
            conversation.speaker = speaker
            context = Context(
                speaker=speaker,
                memory=conversation.memory,
                question=conversation.choice.question if conversation.choice else None,
                awaiting_confirmation=conversation.pending is not None,
            )
            turn = Turn(conversation, text, speaker, begun)
            started = time.perf_counter()
            interpretation = self.recogniser.interpret(text, context)
            turn.clock("understand", started)
            turn.understood_by = interpretation.understood_by
            return self._finish(turn, self._respond(turn, interpretation))

    def confirm(self, conversation_id: str, yes: bool) -> Answer:
        """Answer the yes-or-no question of a conversation. Raises `NotFoundError` for an unknown conversation."""
        begun = self.movements.stops
        conversation = self._conversations.get(conversation_id)
        with conversation.lock:
            conversation.expire_questions(self._now())
            turn = Turn(conversation, "yes" if yes else "no", conversation.speaker, begun)
            return self._finish(turn, self._confirmed(turn) if yes else self._denied(turn))

    def choose(self, conversation_id: str, option: int) -> Answer:
        """Pick an option (counted from 0) of the clarifying question of a conversation.

        Raises `NotFoundError` for an unknown conversation, `InputError` for an option that there is not.
        """
        begun = self.movements.stops
        conversation = self._conversations.get(conversation_id)
        with conversation.lock:
            conversation.expire_questions(self._now())
            options = conversation.choice.question.options if conversation.choice else ()
            if conversation.choice and not 0 <= option < len(options):
                raise InputError(f"There is no option {option}; choose from 0 to {len(options) - 1}.")
            text = options[option].label if options else ""
            turn = Turn(conversation, text, conversation.speaker, begun)
            return self._finish(turn, self._chosen(turn, option))

    def request(
        self, requests: Sequence[Request], conversation_id: str = "", speaker: Speaker = DRIVER, text: str = ""
    ) -> Answer:
        """Do what `requests` ask for: wishes of a caller that names signals itself instead of saying a sentence.

        They go through the same plan, rules, proof, history and undo. An empty id begins a new conversation;
        `text` is what the history shows as said.
        """
        begun = self.movements.stops
        conversation = self._conversations.open(conversation_id or uuid.uuid4().hex)
        with conversation.lock:
            conversation.close_questions()
            turn = Turn(conversation, text, speaker, begun)
            return self._finish(turn, self._request(turn, tuple(requests), replaces_last=False))

    def stop(self, conversation_id: str = "", text: str = "stop") -> Answer:
        """Bring everything that moves to rest where it is, at once, whichever conversation has set it moving.

        An empty id begins a new conversation; `text` is what the history shows as said. Raises nothing.
        """
        conversation = self._conversations.open(conversation_id or uuid.uuid4().hex)
        return self._stop(Turn(conversation, text, conversation.speaker, self.movements.stops))

    def means_stop(self, text: str, conversation_id: str) -> bool:
        """True when `ask` would take `text` for a stop now, and so not wait for the turn under way."""
        return self._means_stop(text, self._conversations.open(conversation_id))

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

    def forget_past(self) -> None:
        """The vehicle was reset: drop every open question and all that could be taken back."""
        self.movements.void()
        self._conversations.forget_past()

    def _means_stop(self, text: str, conversation: Conversation) -> bool:
        if self._stop_words.halts(text):
            busy = bool(self.movements) or bool(conversation.open_question)
            return busy or not self._stop_words.points(text)
        return bool(self.movements) and not conversation.open_question and self._stop_words.interrupts(text)

    def _stop(self, turn: Turn) -> Answer:
        turn.understood_by = "stop"
        asked = turn.conversation.open_question
        turn.conversation.close_questions()
        acting = bool(self.movements)
        started = time.perf_counter()
        results = self.movements.halt()
        turn.clock("act", started)
        if not results:
            key = "nothing_more" if acting else "left" if asked else "nothing_moves"
            return self._finish(turn, turn.answer(Outcome.NOTHING_TO_DO, self._replies.say(key)))
        deeds = [Deed(Change(result.wanted), result) for result in results]
        plan = Plan(requested=tuple(result.wanted for result in results))
        return self._finish(turn, turn.answer(outcome_of(plan, deeds), self._replies.stopped(deeds), plan, deeds))

    def _finish(self, turn: Turn, answer: Answer) -> Answer:
        turn.conversation.turns.append(answer)
        return answer

    def _respond(self, turn: Turn, meant: Interpretation) -> Answer:
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

    def _not_understood(self, turn: Turn, meant: Interpretation) -> Answer:
        """Say what was not understood; a question that was open stays open and is asked again."""
        reply = self._replies.not_understood(turn.text, meant.leftover)
        again = turn.conversation.open_question
        answer = turn.answer(Outcome.NEEDS_CLARIFICATION, f"{reply} {again}" if again else reply)
        return replace(answer, options=_labels(turn.conversation))

    def _confirmed(self, turn: Turn) -> Answer:
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

    def _denied(self, turn: Turn) -> Answer:
        conversation = turn.conversation
        done = not conversation.open_question and conversation.last_changes
        conversation.close_questions()
        return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("done_already" if done else "left"))

    def _chosen(self, turn: Turn, option: int | None) -> Answer:
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

    def _pick_one(self, turn: Turn, choice: OpenChoice) -> Answer:
        answer = turn.answer(Outcome.NEEDS_CLARIFICATION, self._replies.pick_one(choice.question))
        return replace(answer, options=_labels(turn.conversation))

    def _clarify(self, turn: Turn, meant: Interpretation) -> Answer:
        if meant.question is None:
            return turn.answer(
                Outcome.NEEDS_CLARIFICATION, self._replies.not_understood(turn.text, meant.leftover)
            )
        turn.conversation.choice = OpenChoice(meant.question, turn.understood_by, self._now())
        answer = turn.answer(Outcome.NEEDS_CLARIFICATION, self._replies.choice(meant.question))
        return replace(answer, options=_labels(turn.conversation))

    def _refuse(self, turn: Turn, meant: Interpretation) -> Answer:
        """What the recogniser knows to be impossible; `requested` is filled where it says what was wanted."""
        job = Job(meant.requests, turn.speaker)
        wanted = self._plan(turn, job, self.vehicle.state()).requested if meant.requests else ()
        return turn.answer(
            Outcome.REFUSED, meant.refusal or self._replies.say("impossible"), Plan(requested=wanted)
        )

    def _request(self, turn: Turn, requests: tuple[Request, ...], replaces_last: bool) -> Answer:
        last = turn.conversation.last_changes
        if replaces_last and last:
            # Relative wishes of a correction count from where things were before the turn that it replaces.
            back = {**self.vehicle.state(), **{item.before.path: item.before.value for item in last}}
            fresh = self._plan(turn, Job(requests, turn.speaker), back)
            requests = correction(requests, fresh, last)
            return self._carry_out(turn, Job(requests, turn.speaker, takes_back=last))
        return self._carry_out(turn, Job(requests, turn.speaker))

    def _undo(self, turn: Turn) -> Answer:
        stack = turn.conversation.undo_stack
        if not stack:
            return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("nothing_to_undo"))
        job = Job(restore(stack[-1]), turn.speaker, takes_back=stack[-1], is_undo=True)
        return self._carry_out(turn, job)

    def _carry_out(self, turn: Turn, job: Job, acknowledged: frozenset[str] = frozenset()) -> Answer:
        """Plan `job` against the state as it is now and act, unless a rule asks that was not answered yet."""
        with self.movements.lock:
            before, under_way = self.vehicle.state(), self.movements.under_way()
            plan = self._plan(turn, job, before, under_way)
            asking = frozenset(hit.rule for hit in plan.hits if hit.effect is Effect.ASK)
            if plan.needs_confirmation and not asking <= acknowledged:
                return self._ask_back(turn, job, plan, acknowledged | asking)
            if plan.changes and turn.begun != self.movements.stops:
                stopped = Plan(requested=plan.requested)
                return turn.answer(Outcome.NOTHING_TO_DO, self._replies.say("stopped_before"), stopped)
            trip = self.movements.begin(changes_of(plan))

        def replan(targets: Sequence[SignalValue]) -> Plan:
            wishes = tuple(Request(Kind.SET, target.signal, target.value) for target in targets)
            return self._plan(turn, replace(job, requests=wishes), before, under_way)

        planned = dict(turn.latency_ms)
        started = time.perf_counter()
        try:
            with self._lookout.over(trip, job.speaker) as on_progress:
                deeds = carry_out(plan, Journey(self.movements, trip, replan, on_progress))
        finally:
            self.movements.end(trip)
        turn.clock("act", started)
        # Planning again inside acting is counted once, as planning.
        turn.latency_ms["act"] -= turn.latency_ms["plan"] - planned["plan"]
        if not trip.void:
            self._remember(turn.conversation, job, plan, deeds, before)
        reply = self._replies.after(plan, deeds, before, undo=job.is_undo)
        if trip.rule:
            plan = replace(plan, hits=(*plan.hits, RuleHit(trip.rule, Effect.REFUSE, trip.why)))
        return turn.answer(outcome_of(plan, deeds), reply, plan, deeds)

    def _plan(self, turn: Turn, job: Job, state: State, under_way: State = NOTHING) -> Plan:
        started = time.perf_counter()
        plan = make_plan(job.requests, state, self.policy, self.families, job.speaker, under_way)
        if job.is_undo:
            plan = replace(plan, changes=reversed_phases(plan.changes, job.takes_back))
        turn.clock("plan", started)
        return plan

    def _ask_back(self, turn: Turn, job: Job, plan: Plan, acknowledged: frozenset[str]) -> Answer:
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
