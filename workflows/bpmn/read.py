"""Importing BPMN 2.0: a file in, a flow and a note for everything that is not carried over out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workflows.bpmn.calls import flow_outputs, replies
from workflows.bpmn.check import Checked, failing_runs, prove_file
from workflows.bpmn.compose import compose
from workflows.bpmn.context import Context
from workflows.bpmn.doing import ByCall, ByComputing, ByFlow, ByPerson, ByWaiting, Doing, doing_of
from workflows.bpmn.failing import is_thrown
from workflows.bpmn.guess import guessed
from workflows.bpmn.model import Process
from workflows.bpmn.naming import Ids, slug
from workflows.bpmn.normal_form import build_skeleton
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import EXPORTER, kind_of, settings_of
from workflows.bpmn.parse import File, parse_file
from workflows.bpmn.people import People
from workflows.bpmn.sources import Giver, Place, find_sources, results_of
from workflows.bpmn.thrown import Reasons
from workflows.bpmn.variables import Variables
from workflows.bpmn.waiting import Waiting
from workflows.bpmn.xml import BPMNDI, XSI, Element, XmlRefused, read_xml
from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.diagnostics import Diagnostic, Severity
from workflows.compiler.failing import FailingRun

#: What says nothing about the process itself.
_ABOUT_THE_FILE: Final = (
    "targetNamespace", "exporter", "exporterVersion", "expressionLanguage", "typeLanguage", "name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file.

    Attributes:
        flow: the flow as a document, ready to be written as YAML; None when it is refused.
        notes: what is refused, carried over differently or not at all.
        nodes: the node of each BPMN element.
    """

    flow: dict[str, Any] | None
    notes: tuple[Diagnostic, ...]
    nodes: dict[str, str]


@dataclass(frozen=True, slots=True)
class BpmnChecked:
    """A verdict on a file and everything that there is to say about it.

    Attributes:
        sound: None where it holds a construct outside the proof, or is malformed.
    """

    sound: bool | None
    notes: tuple[Diagnostic, ...]
    flaws: tuple[Diagnostic, ...]


def read_bpmn(text: str, catalog: NodeCatalog) -> Imported:
    """Import a BPMN 2.0 file: plain, Camunda's or Flowable's.

    Every element and attribute is carried over or named in a note; errors refuse the import, and
    all of them are told at once.
    """
    notes = Notes()
    file = _parsed(text, notes)
    flow, nodes = _imported(file, catalog, notes) if file is not None else (None, {})
    return Imported(None if notes.refused else flow, notes.all(), nodes)


def check_bpmn(text: str, catalog: NodeCatalog) -> BpmnChecked:
    """The verdict on a file in its own element ids, whether or not it can be imported."""
    notes = Notes()
    file = _parsed(text, notes)
    checked = Checked(None, ())
    if file is not None:
        checked = prove_file(file, notes)
        _imported(file, catalog, notes)
    return BpmnChecked(checked.sound, notes.all(), checked.flaws)


def play_bpmn(text: str) -> list[FailingRun]:
    """The runs in which a file fails, token by token; none of one that is malformed."""
    file = _parsed(text, Notes())
    return failing_runs(file) if file is not None else []


def _parsed(text: str, notes: Notes) -> File | None:
    try:
        root = read_xml(text)
    except XmlRefused as refused:
        notes.refuse(
            Diagnostic(
                refused.code, Severity.ERROR, "", "", refused.line, refused.message, refused.hint
            )
        )
        return None
    return parse_file(root, notes)


def _imported(
    file: File, catalog: NodeCatalog, notes: Notes
) -> tuple[dict[str, Any] | None, dict[str, str]]:
    chosen = file.chosen
    for process in file.processes:
        if process not in chosen:
            process.element.whole = True
            notes.warning(
                "BPMN_PROCESSES",
                f"only {chosen[0].id!r} may be executed; this process is not carried over",
                process.element,
                "import it by itself",
            )
    if len(chosen) > 1:
        notes.error(
            "BPMN_PROCESSES",
            f"the file has {len(chosen)} processes, a flow is one",
            file.root,
            "mark one as executable, or part the file",
        )
    if len(chosen) != 1:
        return None, {}
    importer = _Importer(file, chosen[0], catalog, notes)
    flow = importer.flow()
    _note_the_rest(file.root, notes)
    return flow, importer.nodes


class _Importer:
    def __init__(self, file: File, process: Process, catalog: NodeCatalog, notes: Notes) -> None:
        self._process = process
        self._catalog = catalog
        self._notes = notes
        self._ids = Ids()
        self._root = build_skeleton(process.scope, notes)
        for part in self._root.bodies():
            for step in part.steps:
                self._ids.of(step, step.removeprefix(f"{part.scope.id}."))
        self._doings = self._find_doings()
        self._sources = find_sources(self._root, notes)
        self._find_results()
        formless = {
            step.id
            for part in self._root.bodies()
            for step in part.steps.values()
            if isinstance(self._doings.get(step.id), ByPerson)
            and not self._sources.forms.get(step.id)
            and step.node is not None
            and (step.node.loop is None or step.node.loop.kind == "standard")
        }
        self._variables = Variables(self._root, self._sources, self._ids, notes, formless)
        self._waiting = Waiting(self._variables, catalog, file.shared, notes)

    @property
    def nodes(self) -> dict[str, str]:
        """The node of each element."""
        elements = {step.id for part in self._root.bodies() for step in part.steps.values()}
        return {key: node for key, node in self._ids.given.items() if key in elements}

    def _find_doings(self) -> dict[str, Doing]:
        found = {
            step.id: doing_of(step.node, self._catalog)
            for part in self._root.bodies()
            for step in part.steps.values()
            if step.kind == "task" and step.node is not None
        }
        for part in self._root.bodies():
            for way in filter(is_thrown, part.ways):
                if isinstance(found.get(way.source), ByComputing | ByWaiting):
                    found[way.source] = ByPerson(instead=True)  # neither fails by itself
        return found

    def _find_results(self) -> None:
        """The variables that calls, scripts and work by hand give."""
        for part in self._root.bodies():
            for step in part.steps.values():
                place = Place(part, step.id)
                match self._doings.get(step.id):
                    case ByCall(rpc) if step.node is not None:
                        for name, path in replies(step.node.element):
                            giver = Giver(place, record=rpc.response, prefix=path)
                            self._sources.givers[name].append(giver)
                    case ByComputing(assigned):
                        for name, expression in assigned:
                            self._sources.givers[name].append(Giver(place, computed=expression))
                            self._sources.use(expression, place)
                    case ByFlow() if step.node is not None and step.body is None:
                        for name, output in flow_outputs(step.node.element):
                            self._sources.givers[name].append(Giver(place, prefix=(output,)))
                    case ByPerson() if step.node is not None:
                        self._ask_for_results(place, results_of(step.node))
                    case _:
                        pass

    def _ask_for_results(self, place: Place, names: list[str]) -> None:
        """Whoever does by hand what a machine did fills in what came of it, where it is read."""
        for path in sorted(self._sources.uses):
            if path[0] in names:
                kind = guessed(use.kind for use in self._sources.uses[path])
                self._sources.ask(".".join(path), kind, place)

    def flow(self) -> dict[str, Any]:
        """The process as a flow."""
        self._variables.settle()
        people = People(self._variables, self._notes)
        context = Context(
            self._doings,
            self._sources,
            self._variables,
            people,
            self._waiting,
            Reasons(),
            self._ids,
            self._notes,
        )
        drawn = compose(self._root, context)
        self._note_triggers()
        header = self._header(people.roles)
        return header | drawn

    def _header(self, roles: dict[str, dict[str, str]]) -> dict[str, Any]:
        """What stands above nodes and edges."""
        process = self._process
        element = process.element
        own = settings_of(element, self._notes)
        header: dict[str, Any] = {"language": "1.0", "code": slug(process.id) or "flow"}
        header["name"] = self._notes.title(process.title, process.id or "流程", element)
        texts = [text for each in element.all("documentation") if (text := each.say())]
        if texts:
            header["description"] = "\n\n".join(texts)
        header |= {key: value for key, value in own.items() if key not in ("nodes", "edges")}
        declared = own.get("roles")
        named = {**roles, **(declared if isinstance(declared, dict) else {})}
        if named:
            header["roles"] = named
        written = self._variables.written
        for key, found in (("inputs", written.inputs), ("data", written.data)):
            declared = own.get(key)
            if found or declared:
                header[key] = [*(declared if isinstance(declared, list) else []), *found]
        return header

    def _note_triggers(self) -> None:
        for part in self._root.bodies():
            for node in part.scope.nodes.values():
                kind_of(node.element)
                if node.kind == "startEvent" and node.trigger.kind != "none":
                    if node.trigger.element is not None:
                        node.trigger.element.whole = True  # the note is about all of it
                    self._notes.warning(
                        "BPMN_START_TRIGGER",
                        f"a {node.trigger.kind} starts no case by itself; whoever calls does",
                        node.element,
                        "start the flow over its API where that happens",
                    )


def _note_the_rest(root: Element, notes: Notes) -> None:
    """Name everything that nobody has read."""
    for name in _ABOUT_THE_FILE:
        root.take(name)
    if root.take("exporter") == EXPORTER:
        for diagram in root.all("BPMNDiagram", BPMNDI):
            diagram.whole = True
    root.take("schemaLocation", XSI)
    for element, what in root.untaken():
        if element.name == (BPMNDI, "BPMNDiagram"):
            notes.warning(
                "BPMN_DIAGRAM", "the drawing is not kept; a flow is laid out anew", element
            )
        else:
            notes.warning(
                "BPMN_NOT_CARRIED",
                f"{what or element.tag} is not carried over",
                element,
                field=what,
            )
