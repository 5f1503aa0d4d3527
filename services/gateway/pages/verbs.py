"""What the verbs ask for that stand beside a form: a person, people, a node, a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from protos.cases.v1 import cases_pb2
from services.gateway.words import word

Options = tuple[tuple[str, str], ...]

#: Verbs that end something; their buttons are marked.
AWAY: Final = frozenset({"reject", "decline", "cancel", "withdraw", "skip", "give_up"})
#: Verbs that are one press: nothing need be said.
_PRESSED: Final = frozenset({"claim", "release", "resume"})
#: Verbs that want a comment.
_EXPLAINED: Final = frozenset({"skip", "comment", "assign", "redispatch", "give_up"})
_TO_ONE: Final = {
    "transfer": ("转给", "Transfer to"),
    "delegate": ("委派给", "Delegate to"),
    "assign": ("派给", "Assign to"),
}
_TO_SEVERAL: Final = {
    "add_signer_before": ("加签人", "Signers"),
    "add_signer_after": ("加签人", "Signers"),
    "copy_to": ("抄送给", "Copy to"),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a verb asks for.

    Attributes:
        name: of its input: ``to``, ``people`` or ``comment``.
        kind: ``person`` and ``people`` are searched for, a ``choice`` and ``choices`` have options;
            a ``text`` is typed.
    """

    name: str
    kind: str
    title: str
    options: Options = ()
    required: bool = True
    #: For the search: nobody is chosen yet, and so many may be.
    texts: tuple[str, ...] = ()
    maximum: str = "50"


@dataclass(frozen=True, slots=True)
class Choice:
    """A verb that stands beside the form, with what it asks for.

    Attributes:
        label: what is on its button.
        to: the node that it is about, where there is no choice.
    """

    verb: str
    label: str
    asks: tuple[Ask, ...] = ()
    to: str = ""

    @property
    def away(self) -> bool:
        """It ends something."""
        return self.verb in AWAY


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked on one page.

    Attributes:
        language: the visitor's.
        names: what people are called.
    """

    language: str
    names: Mapping[str, str]

    def of_task(
        self, verbs: Iterable[str], task: cases_pb2.UserTask, context: Mapping[str, Any]
    ) -> tuple[Choice, ...]:
        """The verbs of a user task; those that are one press come first."""
        choices = (
            Choice(verb, self._word(verb), self._asks(verb, task, context)) for verb in verbs
        )
        return tuple(sorted(choices, key=lambda choice: bool(choice.asks)))

    def of_case(self, case: cases_pb2.Case, person_id: str) -> tuple[Choice, ...]:
        """The nodes that the visitor may take back, and the verbs of a case itself."""
        again = tuple(
            Choice(
                "take_back",
                f"{self._word('take_back')}：{node.title}",
                (self._comment(),),
                to=node.node,
            )
            for node in case.nodes
            if node.retrievable and node.handled_by_person_id == person_id
        )
        others = (p for p in case.priorities if p.priority_id != case.priority.priority_id)
        priorities = {
            "priorities": tuple(
                (p.priority_id, self._say(p.title, p.title_en or p.title)) for p in others
            )
        }
        titles = {node.node: node.title for node in case.nodes}
        target = titles.get(case.withdrawal_node, "")
        return again + tuple(
            Choice(
                verb,
                f"{self._word(verb)} → {target}"
                if verb == "withdraw" and target
                else self._word(verb),
                self._asks(verb, cases_pb2.UserTask(), priorities),
            )
            for verb in case.my_verbs
        )

    def _asks(
        self, verb: str, task: cases_pb2.UserTask, context: Mapping[str, Any]
    ) -> tuple[Ask, ...]:
        if verb in _PRESSED:
            return ()
        target = self._target(verb, task, context)
        explained = verb in _EXPLAINED or (verb == "pause" and not target)
        comment = self._comment(required=explained)
        if verb == "transfer" and task.signers and len(task.candidate_person_ids) > 1:
            whose = self._named(task.candidate_person_ids)
            title = self._say("谁的位置", "Whose place")
            return (Ask("people", "choice", title, whose, required=False), *target, comment)
        return (*target, comment)

    def _target(
        self, verb: str, task: cases_pb2.UserTask, context: Mapping[str, Any]
    ) -> tuple[Ask, ...]:
        """Whom or what a verb is about."""
        if verb in _TO_ONE:
            return (Ask("to", "person", self._say(*_TO_ONE[verb])),)
        if verb in _TO_SEVERAL:
            return (Ask("people", "people", self._say(*_TO_SEVERAL[verb])),)
        if verb == "remove_signer":
            left = (each.person_id for each in task.signers if not each.HasField("signed_at"))
            return (Ask("people", "choices", self._say("减签人", "Signers"), self._named(left)),)
        if verb == "reject":
            nodes = tuple((each["node"], each["name"]) for each in context.get("send_back_to", ()))
            return (Ask("to", "choice", self._say("驳回到", "Send back to"), nodes),)
        if verb == "pause" and "pause_reasons" in context:
            told = context.get("pause_reasons", ())
            reasons = tuple((each["reason"], each["name"]) for each in told)
            return (Ask("to", "choice", self._say("挂起原因", "Reason"), reasons),)
        if verb == "prioritise":
            others: Options = context["priorities"]
            return (Ask("to", "choice", self._say("优先级", "Priority"), others),)
        return ()

    def _comment(self, *, required: bool = False) -> Ask:
        return Ask("comment", "text", self._say("说明", "Comment"), required=required)

    def _named(self, people: Iterable[str]) -> Options:
        return tuple((person, self.names.get(person, person)) for person in people)

    def _say(self, chinese: str, english: str) -> str:
        return english if self.language == "en" else chinese

    def _word(self, term: str) -> str:
        return word(term, self.language)
