"""Checked code to closures. Exact, total and deterministic: what can still go wrong when a closure
runs is an ``EvaluationError``, whose class lists the reasons, and nothing else.

As in CEL, it does not matter to ``&&``, ``||``, ``all`` and ``exists`` in which order their parts
stand: what fails is passed over when another part decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import DivisionByZero
from typing import Any, Final, TypeAlias

from kit.errors import ServiceError
from workflows.language.failure import EvaluationError, out_of_range
from workflows.language.frame import FAILURES, Frame, Run, deep_steps, steps
from workflows.language.lists import bounded, equality
from workflows.language.loops import LOOPS
from workflows.language.operations import OPERATIONS, SIZED
from workflows.language.typed import Code
from workflows.language.types import from_json
from workflows.language.values import DECODERS, ENCODERS, Json

#: The data an expression reads: ``inputs``, ``case``, ``data`` and the nodes' results.
Data: TypeAlias = Mapping[str, Json]
#: An expression ready to run; absent optional values are None.
Closure: TypeAlias = Callable[[Data], Any]


def compile_code(code: Code) -> Closure:
    """A closure that computes decoded scalars and plain containers.

    The closure raises ``EvaluationError`` and nothing else.
    """
    run = _build(code)

    def evaluate(data: Data) -> Any:
        try:
            return run(Frame(data))
        except EvaluationError:
            raise
        except FAILURES as failure:
            raise _said(failure) from failure

    return evaluate


def _said(failure: Exception) -> EvaluationError:
    match failure:
        case ServiceError(reason="MONEY_CURRENCY_MISMATCH", message=message):
            return EvaluationError("EXPRESSION_CURRENCY_MISMATCH", message)
        case ServiceError(message=message):
            return out_of_range(message)
        case ZeroDivisionError() | DivisionByZero():
            return EvaluationError("EXPRESSION_DIVISION_BY_ZERO", "division by zero")
        case _:
            return out_of_range("the result has too many digits")


def _build(code: Code) -> Run:
    return _BUILDERS[code[0]](code)


# -- values that are there


def _const(code: Code) -> Run:
    _, raw, kind = code
    decode = DECODERS.get(kind)
    value = raw if decode is None or raw is None else decode(raw)
    return lambda frame: value


def _root(code: Code) -> Run:
    name = code[1]
    decode = DECODERS.get(code[2]) if len(code) > 2 else None  # few variables are scalars
    if decode is None:
        return lambda frame: frame.data.get(name)
    decoded = decode
    return lambda frame: None if (raw := frame.data.get(name)) is None else decoded(raw)


def _local(code: Code) -> Run:
    _, name, kind = code
    decode = DECODERS.get(kind)
    if decode is None:
        return lambda frame: frame.locals[name]
    return lambda frame: decode(frame.locals[name])


def _get(code: Code) -> Run:
    _, base_code, name, kind = code
    base = _build(base_code)
    decode = DECODERS.get(kind)

    def get(frame: Frame) -> Any:
        record = base(frame)
        value = None if record is None else record.get(name)
        return value if decode is None or value is None else decode(value)

    return get


def _find(code: Code) -> Run:
    """An element; None when it is not there."""
    _, base_code, index_code, kind = code
    base, index = _build(base_code), _build(index_code)
    decode = DECODERS.get(kind)

    def find(frame: Frame) -> Any:
        container, key = base(frame), index(frame)
        if isinstance(container, list):
            value = container[key] if 0 <= key < len(container) else None
        else:
            value = None if container is None else container.get(key)
        return value if decode is None or value is None else decode(value)

    return find


def _at(code: Code) -> Run:
    """An element; an error when it is not there."""
    find = _find(code)

    def at(frame: Frame) -> Any:
        value = find(frame)
        if value is None:
            raise out_of_range("there is no such element")
        return value

    return at


def _present(code: Code) -> Run:
    value = _build(code[1])
    return lambda frame: value(frame) is not None


def _coalesce(code: Code) -> Run:
    parts = [_build(part) for part in code[1:]]

    def coalesce(frame: Frame) -> Any:
        for part in parts:
            value = part(frame)
            if value is not None:
                return value
        return None

    return coalesce


# -- logic


def _and(code: Code) -> Run:
    left, right = _build(code[1]), _build(code[2])

    def both(frame: Frame) -> bool:
        try:
            if not left(frame):
                return False
        except FAILURES:
            if frame.left >= 0 and not right(frame):
                return False
            raise
        return bool(right(frame))

    return both


def _or(code: Code) -> Run:
    left, right = _build(code[1]), _build(code[2])

    def either(frame: Frame) -> bool:
        try:
            if left(frame):
                return True
        except FAILURES:
            if frame.left >= 0 and right(frame):
                return True
            raise
        return bool(right(frame))

    return either


def _not(code: Code) -> Run:
    operand = _build(code[1])
    return lambda frame: not operand(frame)


def _if(code: Code) -> Run:
    condition, then, otherwise = (_build(part) for part in code[1:])
    return lambda frame: then(frame) if condition(frame) else otherwise(frame)


# -- operations


def _function(code: Code) -> Run:
    operation = OPERATIONS[code[1]]
    arguments = [_build(argument) for argument in code[2:]]
    if code[1] in SIZED:
        return _sized(operation, arguments)
    if len(arguments) == 1:
        (only,) = arguments
        return lambda frame: operation(only(frame))
    if len(arguments) == 2:
        left, right = arguments
        return lambda frame: operation(left(frame), right(frame))
    return lambda frame: operation(*(argument(frame) for argument in arguments))


def _sized(operation: Callable[..., Any], arguments: list[Run]) -> Run:
    """An operation that takes the longer, the longer its texts and lists are."""

    def run(frame: Frame) -> Any:
        values = [argument(frame) for argument in arguments]
        frame.spend(sum(map(steps, values)))
        return operation(*values)

    return run


def _same(code: Code) -> Run:
    _, kind, left_code, right_code = code
    equal = equality(from_json(kind))
    left, right = _build(left_code), _build(right_code)

    def same(frame: Frame) -> bool:
        one, other = left(frame), right(frame)
        frame.spend(min(deep_steps(one), deep_steps(other)))
        return equal(one, other)

    return same


def _in(code: Code) -> Run:
    _, item_code, where_code, kind = code
    item, where = _build(item_code), _build(where_code)
    decode = DECODERS.get(kind) if isinstance(kind, str) else None
    equal = None if isinstance(kind, str) else equality(from_json(kind))

    def within(frame: Frame) -> bool:
        wanted, container = item(frame), where(frame)
        if equal is not None:
            frame.spend(deep_steps(container))
            return any(equal(wanted, element) for element in container)
        if isinstance(container, list):
            frame.spend(len(container))
        if decode is None:
            return wanted in container
        return any(decode(raw) == wanted for raw in container)

    return within


def _each(code: Code) -> Run:
    _, macro, subject_code, name, _kind, body_code, result_kind = code
    subject, body = _build(subject_code), _build(body_code)
    loop = LOOPS[macro]
    encode = ENCODERS.get(result_kind, lambda value: value)
    cost = _weight(body_code)

    def each(frame: Frame) -> Any:
        container = subject(frame)
        elements = bounded(container if isinstance(container, list) else sorted(container))

        def value(element: Json) -> Any:
            frame.locals[name] = element
            frame.spend(cost)
            result = body(frame)
            frame.spend(steps(result))
            return encode(result)

        return loop(frame, elements, value)

    return each


def _weight(code: Any) -> int:
    """How many steps it takes to run code once."""
    return 1 + sum(map(_weight, code)) if isinstance(code, list) else 0


# -- values that are made


def _list(code: Code) -> Run:
    encode = ENCODERS.get(code[1])
    items = [_build(item) for item in code[2:]]
    if encode is None:
        return lambda frame: [item(frame) for item in items]
    return lambda frame: [encode(item(frame)) for item in items]


def _map(code: Code) -> Run:
    _, kind, parts = code
    encode = ENCODERS.get(kind, lambda value: value)
    entries = [(key, _build(part)) for key, part in parts]
    return lambda frame: {key: encode(part(frame)) for key, part in entries}


def _encode(code: Code) -> Run:
    encode = ENCODERS[code[1]]
    value = _build(code[2])

    def encoded(frame: Frame) -> Json:
        decoded = value(frame)
        return None if decoded is None else encode(decoded)

    return encoded


def _record(code: Code) -> Run:
    parts = [(name, _build(part)) for name, part in code[1]]

    def record(frame: Frame) -> dict[str, Json]:
        # What is absent is left out, as protobuf's JSON does.
        values = ((name, part(frame)) for name, part in parts)
        return {name: value for name, value in values if value is not None}

    return record


_BUILDERS: Final[dict[str, Callable[[Code], Run]]] = {
    "const": _const,
    "root": _root,
    "local": _local,
    "get": _get,
    "find": _find,
    "at": _at,
    "present": _present,
    "coalesce": _coalesce,
    "and": _and,
    "or": _or,
    "not": _not,
    "if": _if,
    "fn": _function,
    "same": _same,
    "in": _in,
    "each": _each,
    "list": _list,
    "map": _map,
    "encode": _encode,
    "record": _record,
}
