"""Writes docs/errors.md from the code: every reason an error may bear, and where it comes from.

python -m tests.tidy.errors_page      writes the page
"""

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kit import errors
from kit.rpc.wire import STATUS_OF_KIND

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"
SOURCES = ("kit", "services", "workflows")
KINDS = {
    name: cls.kind
    for name, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, errors.ServiceError) and cls is not errors.ServiceError
}

HEADER = """# Errors

Every refusal is one typed error: a *kind*, which says how to take it, and a stable *reason*, which
programs and flows branch on. The message says what is wrong and what to do; the field names the
place in the request. Over gRPC it travels as a status and the trailer `gongdan-error-bin`
(`common.v1.ErrorDetail`); over HTTP as problem details (RFC 9457) with `reason` and `field`.

Kinds worth another try, unchanged: `ABORTED`, `UNAVAILABLE`, `RESOURCE_EXHAUSTED`.

This page is made from the code by `python -m tests.tidy.errors_page`; a test keeps it fresh.

| reason | kind | message | raised in |
|---|---|---|---|
"""


@dataclass(frozen=True, order=True)
class Raised:
    reason: str
    kind: str
    message: str
    place: str


def _texts(node: ast.expr) -> list[str]:
    """What a string expression may read, with … for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return [
                "".join(
                    _texts(part)[0] if isinstance(part, ast.Constant) else "…" for part in parts
                )
            ]
        case ast.IfExp(body=body, orelse=orelse):
            return [*_texts(body), *_texts(orelse)]
        case _:
            return ["…"]


def raised() -> Iterator[Raised]:
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id not in KINDS or len(node.args) < 2:
                    continue
                place = str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
                for reason in _texts(node.args[0]):
                    if reason.replace("_", "").isalnum() and reason.isupper():
                        message = _texts(node.args[1])[0]
                        yield Raised(
                            reason, STATUS_OF_KIND[KINDS[node.func.id]].name, message, place
                        )


def render() -> str:
    rows: dict[tuple[str, str], list[Raised]] = defaultdict(list)
    for entry in sorted(set(raised())):
        rows[entry.reason, entry.kind].append(entry)
    lines = []
    for (reason, kind), entries in rows.items():
        messages = " / ".join(dict.fromkeys(entry.message.replace("|", "\\|") for entry in entries))
        places = ", ".join(dict.fromkeys(f"`{entry.place}`" for entry in entries))
        lines.append(f"| `{reason}` | {kind} | {messages} | {places} |\n")
    return HEADER + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(render())
