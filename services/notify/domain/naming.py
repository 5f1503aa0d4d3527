"""Names for ids: a case knows people by their ids, a message shows their names."""

from collections.abc import Iterable, Mapping

_BETWEEN_PEOPLE = "、"


def possible_person_ids(values: Iterable[str]) -> set[str]:
    """Everything in the values of a message that may be a person's id."""
    return {part for value in values for part in value.split(_BETWEEN_PEOPLE) if part}


def with_names(variables: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The variables with each person's id replaced by the person's name, where one is known."""
    return {
        variable: _BETWEEN_PEOPLE.join(
            names.get(part, part) for part in value.split(_BETWEEN_PEOPLE)
        )
        for variable, value in variables.items()
    }
