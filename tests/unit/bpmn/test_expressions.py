"""What BPMN files write as expressions, in the flow's own language."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.bpmn.guess import evidence, guessed
from workflows.bpmn.juel import (
    Constant,
    Expression,
    Operation,
    Unreadable,
    Variable,
    read_expression,
)
from workflows.bpmn.translate import Known, Path, translated
from workflows.language.expression import check_expression
from workflows.language.typed import Scope
from workflows.language.types import (
    BOOL,
    DECIMAL,
    INT,
    STRING,
    EnumOf,
    Field,
    ListOf,
    Record,
    Type,
)

_TYPES: dict[str, Type] = {
    "amount": DECIMAL,
    "count": INT,
    "agreed": BOOL,
    "name": STRING,
    "result": EnumOf(("yes", "no")),
    "people": ListOf(STRING),
    "note": STRING,
    "maybe": BOOL,
    "extra": INT,
}
_OPTIONAL = ("note", "maybe", "extra")
_KNOWN = {
    "amount": Known("form.amount", "decimal"),
    "count": Known("form.count", "int"),
    "agreed": Known("form.agreed", "bool"),
    "name": Known("form.name", "string"),
    "result": Known("form.result", "choice", values={"同意": "yes", "不同意": "no"}),
    "people": Known("form.people", "list"),
    "note": Known("form.note", "string", sure=False),
    "maybe": Known("form.maybe", "bool", sure=False),
    "extra": Known("form.extra", "int", sure=False),
}
SCOPE = Scope(
    {
        "form": Record(
            tuple(Field(name, kind, optional=name in _OPTIONAL) for name, kind in _TYPES.items()),
            "form",
        )
    }
)


def resolve(path: Path) -> Known:
    if len(path) > 1 or path[0] not in _KNOWN:
        raise Unreadable(f"nothing is called {'.'.join(path)}")
    return _KNOWN[path[0]]


def said(text: str) -> str:
    return translated(read_expression(text), resolve, "bool")[0]


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("${amount > 50000}", "form.amount > 50000"),
        ("#{ amount >= 50000.50 }", "form.amount >= 50000.50"),
        ("= amount > 5 and not(agreed)", "form.amount > 5 && !form.agreed"),
        (
            "${agreed && (count lt 3 or count eq 7)}",
            "form.agreed && (form.count < 3 || form.count == 7)",
        ),
        ("${agreed == 'true'}", "form.agreed == true"),
        ("${count == '3'}", "form.count == 3"),
        ("${name == 3}", 'form.name == "3"'),
        ("${result == '同意'}", 'form.result == "yes"'),
        ("${'不同意' != result}", '"no" != form.result'),
        ("${maybe}", "coalesce(form.maybe, false)"),
        ("${extra > 1}", "coalesce(form.extra, 0) > 1"),
        ("${extra == null}", "!has(form.extra)"),
        ("${extra != null && extra > 1}", "has(form.extra) && coalesce(form.extra, 0) > 1"),
        ("${empty note}", 'coalesce(form.note, "") == ""'),
        ("${not empty people}", "!(size(form.people) == 0)"),
        ("${count / 2 > 1}", "1.0 * form.count / 2 > 1"),
        ("${amount - (count - 1) > 0}", "form.amount - (form.count - 1) > 0"),
        ("${execution.getVariable('amount') > 1}", "form.amount > 1"),
        ("${execution.hasVariable('extra')}", "has(form.extra)"),
        ("${name.equals('x')}", 'form.name == "x"'),
        ("${name.startsWith('AC-')}", 'startsWith(form.name, "AC-")'),
        ("${people.contains('lily')}", '"lily" in form.people'),
        ("${agreed ? count > 1 : amount > 1}", "form.agreed ? form.count > 1 : form.amount > 1"),
        ('${name == "it\'s"}', 'form.name == "it\'s"'),
    ],
)
def test_the_common_forms_are_said_in_our_words(written: str, ours: str) -> None:
    assert said(written) == ours


@pytest.mark.parametrize(
    "written",
    [
        "${bean.check(execution)}",
        "${amount > }",
        "${amount >> 2}",
        "${result == '也许'}",
        "${agreed > 2}",
        "${amount == people}",
        "${count % 2.5 == 1}",
        "${99999999999999999999 > count}",
        "${order.total > 1}",
        "${list[0] > 1}",
        "",
        "${}",
        "${null}",
        "${(}",
    ],
)
def test_what_is_not_understood_is_never_guessed(written: str) -> None:
    with pytest.raises(Unreadable):
        said(written)


def _expressions() -> st.SearchStrategy[Expression]:
    constants = st.one_of(
        st.booleans(),
        st.integers(-(10**6), 10**6),
        st.decimals(-1000, 1000, places=2).map(lambda value: Decimal(str(value))),
        st.sampled_from(["同意", "true", "5", 'a"b\\c\n', "\x07"]),
        st.none(),
    ).map(Constant)
    variables = st.sampled_from(sorted(_KNOWN)).map(lambda name: Variable((name,)))
    binary = st.sampled_from(
        ["&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "contains"]
    )
    unary = st.sampled_from(["!", "negate", "empty", "has", "size"])

    def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        return st.one_of(
            st.builds(lambda name, a, b: Operation(name, (a, b)), binary, inner, inner),
            st.builds(lambda name, a: Operation(name, (a,)), unary, inner),
            st.builds(lambda a, b, c: Operation("?:", (a, b, c)), inner, inner, inner),
        )

    return st.recursive(st.one_of(constants, variables), larger, max_leaves=8)


@settings(max_examples=400, deadline=None)
@given(_expressions())
def test_whatever_is_said_at_all_is_well_typed_in_our_language(expression: Expression) -> None:
    try:
        text, kind = translated(expression, resolve)
    except Unreadable:
        return
    wanted = {"bool": BOOL, "int": INT, "decimal": DECIMAL, "string": STRING}.get(kind)
    checked, findings = check_expression(text, SCOPE, wanted)
    assert checked is not None, (text, findings)


@pytest.mark.parametrize(
    ("uses", "kind"),
    [
        (["${x > 50000}"], "decimal"),
        (["${x == 3}"], "int"),
        (["${x}", "${!x}"], "bool"),
        (["${x == 'true'}"], "bool"),
        (["${x == 'a'}", "${x == 'true'}"], "string"),
        (["${x * 2 > y}"], "decimal"),
    ],
)
def test_the_type_of_what_nothing_declares_is_guessed_from_its_uses(
    uses: list[str], kind: str
) -> None:
    found = [
        of
        for text in uses
        for path, of in evidence(read_expression(text), "bool")
        if path == ("x",)
    ]
    assert guessed(found) == kind
