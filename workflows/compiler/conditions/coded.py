"""What stands in checked code: paths and constants."""

from __future__ import annotations

import json
from typing import Any, Final

from workflows.language.evaluate import compile_code
from workflows.language.failure import EvaluationError
from workflows.language.typed import Code, Path

#: Code that is constant when its parts are.
_PURE: Final = {"fn", "list", "at", "and", "or", "not", "if", "coalesce", "in"}


def key_of(code: Code) -> str:
    """What tells this code from any other."""
    return json.dumps(code, ensure_ascii=False, separators=(",", ":"))


def path_of(code: Code) -> Path | None:
    """The path that it reads; None when it computes something."""
    match code:
        case ["root", str() as name, *_]:
            return (name,)
        case ["get", base, str() as name, _] | ["find", base, ["const", str() as name, _], _]:
            path = path_of(base)
            return None if path is None else (*path, name)
        case _:
            return None


def is_constant(code: Code) -> bool:
    """True when it reads nothing."""
    if code[0] == "const":
        return True
    return code[0] in _PURE and all(is_constant(part) for part in code if isinstance(part, list))


def constant_of(code: Code) -> Any:
    """The value of constant code; None when it has none."""
    try:
        return compile_code(code)({})
    except EvaluationError:
        return None
