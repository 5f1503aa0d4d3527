"""Writing a flow as YAML that people like to read: what is small stands on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

#: A part is written on one line when it holds nothing but scalars and fits in.
_LINE: Final = 100


class _Dumper(yaml.SafeDumper):
    """Block style, but for small parts; texts that could be read as anything else are quoted."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping(
        "tag:yaml.org,2002:map", data.items(), flow_style=_is_small(data)
    )


def _sequence(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=_is_small(data))


def _text(dumper: _Dumper, data: str) -> yaml.Node:
    style = "|" if "\n" in data else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _sequence)
_Dumper.add_representer(str, _text)


def write_yaml(document: Mapping[str, Any]) -> str:
    """A document as YAML; reading it gives the same document."""
    text: str = yaml.dump(
        dict(document), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=4_096
    )
    return text


def _is_small(part: dict[str, Any] | list[Any]) -> bool:
    values = part.values() if isinstance(part, dict) else part
    if not part or any(isinstance(value, dict) for value in values):
        return not part
    return len(str(part)) <= _LINE and all(
        not isinstance(value, list) or all(not isinstance(v, dict | list) for v in value)
        for value in values
    )
