"""Checked code to closures. Exact, total and deterministic: what can still go wrong when a closure
runs is an ``EvaluationError`` with one of the reasons below, and nothing else.

    EXPRESSION_DIVISION_BY_ZERO     EXPRESSION_CURRENCY_MISMATCH
    EXPRESSION_OUT_OF_RANGE         EXPRESSION_TOO_MUCH
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import DecimalException, DivisionByZero
from typing import Any, Final, TypeAlias

from kit.errors import ServiceError
from workflows.language.operations import OPERATIONS, EvaluationError
from workflows.language.typed import Code
from workflows.language.values import DECODERS, ENCODERS, Json

#: The data an expression reads: ``inputs``, ``case``, ``data`` and the nodes' results.
Data: TypeAlias = Mapping[str, Json]
#: An expression ready to run; absent optional values are None.
Closure: TypeAlias = Callable[[Data], Any]

_MAX_ELEMENTS: Final = 1_000


def compile_code(code: Code) -> Closure:
    """A closure that computes decoded scalars and plain containers.

    The closure raises ``EvaluationError`` and nothing else.
    """
    run = _build(code)

    def evaluate(data: Data) -> Any:
        try:
            return run(data)
        except EvaluationError:
            raise
        except ServiceError as error:
            reason = (
                "EXPRESSION_CURRENCY_MISMATCH"
                if error.reason == "MONEY_CURRENCY_MISMATCH"
                else "EXPRESSION_OUT_OF_RANGE"
            )
            raise EvaluationError(reason, error.message) from error
        except (ZeroDivisionError, DivisionByZero) as error:
            raise EvaluationError("EXPRESSION_DIVISION_BY_ZERO", "division by zero") from error
        except (DecimalException, OverflowError) as error:
            raise EvaluationError(
                "EXPRESSION_OUT_OF_RANGE", "the result has too many digits"
            ) from error

    return evaluate


def _build(code: Code) -> Closure:
    return _BUILDERS[code[0]](code)


def _const(code: Code) -> Closure:
    _, raw, kind = code
    decode = DECODERS.get(kind)
    value = raw if decode is None or raw is None else decode(raw)
    return lambda data: value


def _root(code: Code) -> Closure:
    name = code[1]
    return lambda data: data.get(name)


def _local(code: Code) -> Closure:
    name = "$" + code[1]
    decode = DECODERS.get(code[2])
    if decode is None:
        return lambda data: data[name]
    return lambda data: decode(data[name])


def _get(code: Code) -> Closure:
    _, base_code, name, kind = code
    base = _build(base_code)
    decode = DECODERS.get(kind)

    def get(data: Data) -> Any:
        record = base(data)
        value = None if record is None else record.get(name)
        return value if decode is None or value is None else decode(value)

    return get


def _at(code: Code) -> Closure:
    _, base_code, index_code, kind = code
    base, index = _build(base_code), _build(index_code)
    decode = DECODERS.get(kind)

    def at(data: Data) -> Any:
        container, key = base(data), index(data)
        present = key in (range(len(container)) if isinstance(container, list) else container)
        if not present:
            raise EvaluationError("EXPRESSION_OUT_OF_RANGE", f"there is no element {key!r}")
        value = container[key]
        return value if decode is None else decode(value)

    return at


def _and(code: Code) -> Closure:
    left, right = _build(code[1]), _build(code[2])
    return lambda data: left(data) and right(data)


def _or(code: Code) -> Closure:
    left, right = _build(code[1]), _build(code[2])
    return lambda data: left(data) or right(data)


def _not(code: Code) -> Closure:
    operand = _build(code[1])
    return lambda data: not operand(data)


def _if(code: Code) -> Closure:
    condition, then, otherwise = (_build(part) for part in code[1:])
    return lambda data: then(data) if condition(data) else otherwise(data)


def _present(code: Code) -> Closure:
    value = _build(code[1])
    return lambda data: value(data) is not None


def _coalesce(code: Code) -> Closure:
    parts = [_build(part) for part in code[1:]]

    def coalesce(data: Data) -> Any:
        for part in parts:
            value = part(data)
            if value is not None:
                return value
        return None

    return coalesce


def _in(code: Code) -> Closure:
    _, item_code, where_code, kind = code
    item, where = _build(item_code), _build(where_code)
    decode = DECODERS.get(kind)

    def within(data: Data) -> bool:
        wanted, container = item(data), where(data)
        if decode is None:
            return wanted in container
        return any(decode(raw) == wanted for raw in _bounded(container))

    return within


def _list(code: Code) -> Closure:
    encode = ENCODERS.get(code[1])
    items = [_build(item) for item in code[2:]]
    if encode is None:
        return lambda data: [item(data) for item in items]
    return lambda data: [encode(item(data)) for item in items]


def _function(code: Code) -> Closure:
    operation = OPERATIONS[code[1]]
    arguments = [_build(argument) for argument in code[2:]]
    if len(arguments) == 1:
        (only,) = arguments
        return lambda data: operation(only(data))
    if len(arguments) == 2:
        left, right = arguments
        return lambda data: operation(left(data), right(data))
    return lambda data: operation(*(argument(data) for argument in arguments))


def _each(code: Code) -> Closure:
    _, macro, subject_code, name, _kind, body_code, result_kind = code
    subject, body = _build(subject_code), _build(body_code)
    slot = "$" + name
    finish = _MACROS[macro]
    encode = ENCODERS.get(result_kind)

    def each(data: Data) -> Any:
        elements = _bounded(subject(data))
        inner = dict(data)

        def results() -> Any:
            for element in elements:
                inner[slot] = element
                result = body(inner)
                yield element, result if encode is None else encode(result)

        return finish(results())

    return each


def _bounded(elements: list[Json]) -> list[Json]:
    if len(elements) > _MAX_ELEMENTS:
        raise EvaluationError(
            "EXPRESSION_TOO_MUCH",
            f"a list of {len(elements)} elements; expressions go through {_MAX_ELEMENTS} at most",
        )
    return elements


def _encode(code: Code) -> Closure:
    encode = ENCODERS[code[1]]
    value = _build(code[2])

    def encoded(data: Data) -> Json:
        decoded = value(data)
        return None if decoded is None else encode(decoded)

    return encoded


def _record(code: Code) -> Closure:
    parts = [(name, _build(part)) for name, part in code[1]]

    def record(data: Data) -> dict[str, Json]:
        # What is absent is left out, as protobuf's JSON does.
        values = ((name, part(data)) for name, part in parts)
        return {name: value for name, value in values if value is not None}

    return record


_MACROS: Final[dict[str, Callable[[Any], Any]]] = {
    "all": lambda results: all(result for _, result in results),
    "exists": lambda results: any(result for _, result in results),
    "existsOne": lambda results: sum(1 for _, result in results if result) == 1,
    "filter": lambda results: [element for element, result in results if result],
    "map": lambda results: [result for _, result in results],
}

_BUILDERS: Final[dict[str, Callable[[Code], Closure]]] = {
    "const": _const,
    "root": _root,
    "local": _local,
    "get": _get,
    "at": _at,
    "and": _and,
    "or": _or,
    "not": _not,
    "if": _if,
    "present": _present,
    "coalesce": _coalesce,
    "in": _in,
    "list": _list,
    "fn": _function,
    "each": _each,
    "encode": _encode,
    "record": _record,
}
