"""Flows of every shape, drawn by chance: not all of them sensible, all of them well-formed."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from workflows.language.model import FlowDefinition

TEXTS = st.one_of(
    st.sampled_from(
        ["量房", "a  b", " x", "line\nbreak", "<&\"'>", "tab\there", "\x00\x1f", "é", "]]>"]
    ),
    st.text(min_size=1, max_size=20),
)
TITLES = TEXTS.map(lambda text: text[:60])
EXPRESSIONS = st.sampled_from(
    ["true", 'a.x == "是"', "inputs.n > 5 && !data.ok", " 1 < 2 ", "a\r\n== b", "x"]
)
DURATIONS = st.sampled_from(["2h", "90m", "1d", "1h30m", "007h", "0m", "15s", "3d4h5m6s"])
REASONS = st.sampled_from(["FAILED", "A__B", "PRICING_TIER_MISSING", "X_"])
VALUES = st.one_of(
    st.sampled_from(["=case.id", "text", "=a.x", "1.50"]), st.integers(), st.booleans()
)
INPUT = st.dictionaries(
    st.sampled_from(["case_id", "facts", "lines"]),
    st.one_of(VALUES, st.lists(VALUES, max_size=2), st.dictionaries(st.just("a"), VALUES)),
    max_size=2,
)
FIELDS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"id": st.just("remarks"), "kind": st.just("long_text"), "name": TITLES},
            optional={"required": st.just(True), "hint": TEXTS, "visible_when": EXPRESSIONS},
        ),
        st.fixed_dictionaries(
            {
                "id": st.just("pick"),
                "kind": st.just("choice"),
                "name": TITLES,
                "options": st.just([{"value": "a", "name": "甲"}, {"value": "b", "name": "乙"}]),
            }
        ),
        st.just({"field": "n1.remarks", "access": "write"}),
    ),
    max_size=2,
)
ASSIGNEES = st.one_of(
    st.just({"role": "sales"}),
    st.just({"role": "data"}),
    st.just({"role": "sales", "region": "=inputs.region"}),
    st.just({"person": ["a", "b"]}),
    st.just({"previous": "n1", "nobody": "skip"}),
)
KINDS = (
    "form", "approval", "confirm", "service", "field_work", "wait", "decision", "parallel",
    "for_each", "subflow",
)  # fmt: skip


@st.composite
def flows(draw: st.DrawFn) -> FlowDefinition:
    """A whole flow."""
    header = draw(
        st.fixed_dictionaries(
            {"code": st.sampled_from(["install", "n1", "a_b_"]), "name": TITLES},
            optional={
                "name_en": TEXTS,
                "description": TEXTS,
                "calendar": st.just("service_hours"),
                "roles": st.just({"sales": {"name": "销售"}, "data": {"name": "数据"}}),
                "managed_by": st.just(["sales"]),
                "stages": st.just([{"id": "presale", "name": "售前"}]),
                "inputs": st.just([{"id": "region", "kind": "region", "name": "区域"}]),
                "data": st.just([{"id": "ok", "type": "bool", "default": "false"}]),
                "outputs": st.just({"total": "data.ok"}),
            },
        )
    )
    header.setdefault("roles", {"sales": {"name": "销售"}, "data": {"name": "数据"}})
    return FlowDefinition.model_validate(header | draw(_scopes("n", 2)))


@st.composite
def _scopes(draw: st.DrawFn, prefix: str, depth: int) -> dict[str, Any]:
    """A start, nodes and edges; bodies ``depth`` levels deep."""
    names = [f"{prefix}{number}" for number in range(1, draw(st.integers(2, 6)))]
    ends = [f"{prefix}_end{number}" for number in range(draw(st.integers(1, 2)))]
    anywhere = st.sampled_from([*names, *ends])
    nodes = [draw(_nodes(name, depth, names)) for name in names]
    nodes += [draw(_ends(name)) for name in ends]
    edges: list[dict[str, Any]] = []
    for node in nodes[: len(names)]:
        edges += draw(_edges(node, anywhere))
    order = draw(st.permutations(range(len(edges))))
    return {
        "start": draw(st.sampled_from(names)),
        "nodes": nodes,
        "edges": [edges[index] for index in order],
    }


def _ends(name: str) -> st.SearchStrategy[dict[str, Any]]:
    plain: dict[str, st.SearchStrategy[Any]] = {
        "id": st.just(name),
        "kind": st.just("end"),
        "name": TITLES,
    }
    return st.one_of(
        st.fixed_dictionaries(plain, optional={"terminate": st.booleans()}),
        st.fixed_dictionaries(plain | {"fails": REASONS}),
    )


@st.composite
def _nodes(draw: st.DrawFn, name: str, depth: int, names: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS if depth else KINDS[:-2]))
    node: dict[str, Any] = {"id": name, "kind": kind, "name": draw(TITLES)}
    node |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name_en": TEXTS,
                "description": TEXTS,
                "stage": st.just("presale"),
                "assign": st.just({"ok": "true"}),
            },
        )
    )
    return node | draw(_settings(kind, name, depth, names))


def _settings(
    kind: str, name: str, depth: int, names: list[str]
) -> st.SearchStrategy[dict[str, Any]]:
    match kind:
        case "form" | "approval" | "confirm":
            taken = st.sampled_from(names)
            level = st.fixed_dictionaries(
                {"of": st.just("complete")}, optional={"after": DURATIONS, "take": taken}
            )
            sla = st.fixed_dictionaries(
                {"complete": DURATIONS}, optional={"escalate": st.lists(level, max_size=2)}
            )
            return st.fixed_dictionaries(
                {"assignee": ASSIGNEES}, optional={"form": FIELDS, "sla": sla}
            )
        case "service":
            return st.fixed_dictionaries(
                {"rpc": st.just("pricing.v1.PricingService/Quote")},
                optional={"input": INPUT, "compensation": st.just("none")},
            )
        case "wait":
            return st.one_of(
                st.fixed_dictionaries(
                    {"duration": DURATIONS}, optional={"calendar": st.just("business")}
                ),
                st.fixed_dictionaries({"until": VALUES}),
                st.just({"event": "workorder.v1.WorkOrderChanged", "key": "=case.id"}),
            )
        case "decision":
            modes = st.sampled_from(["exclusive", "inclusive", "event"])
            return st.fixed_dictionaries({"mode": modes})
        case "for_each":
            return st.fixed_dictionaries(
                {"items": st.just("=inputs.rooms"), "body": _scopes(f"{name}_", depth - 1)},
                optional={
                    "mode": st.just("one_by_one"),
                    "element": st.just("room"),
                    "enough": EXPRESSIONS,
                    "collect": EXPRESSIONS,
                },
            )
        case "subflow":
            return st.one_of(
                st.fixed_dictionaries(
                    {"body": _scopes(f"{name}_", depth - 1)},
                    optional={"output": st.just({"total": "data.ok"})},
                ),
                st.fixed_dictionaries({"flow": st.just("other")}, optional={"version": st.just(3)}),
            )
        case _:
            return st.just({})


@st.composite
def _edges(
    draw: st.DrawFn, node: dict[str, Any], anywhere: st.SearchStrategy[str]
) -> list[dict[str, Any]]:
    """The edges out of a node, such as its kind can have."""

    def edge(**says: Any) -> dict[str, Any]:
        named = draw(st.fixed_dictionaries({}, optional={"name": TITLES, "name_en": TEXTS}))
        return {"from": node["id"], "to": draw(anywhere), **named, **says}

    if node["kind"] == "parallel":
        return [edge() for _ in range(draw(st.integers(1, 3)))]
    if node["kind"] == "decision":
        if node.get("mode") == "event":
            return [edge() for _ in range(draw(st.integers(1, 3)))]
        said = [edge(when=draw(EXPRESSIONS)) for _ in range(draw(st.integers(0, 2)))]
        return [*said, edge(otherwise=True)]
    boundaries = st.one_of(
        st.fixed_dictionaries(
            {"on": st.just("timer"), "after": DURATIONS},
            optional={"alongside": st.booleans(), "calendar": st.just("business")},
        ),
        st.fixed_dictionaries(
            {"on": st.just("error")}, optional={"reasons": st.lists(REASONS, max_size=2)}
        ),
        st.fixed_dictionaries(
            {"on": st.just("event"), "event": st.just("workorder.v1.WorkOrderChanged")},
            optional={"key": VALUES, "alongside": st.booleans()},
        ),
    )
    return [edge(), *(edge(**draw(boundaries)) for _ in range(draw(st.integers(0, 2))))]
