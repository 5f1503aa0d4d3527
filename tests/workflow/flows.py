"""Small flows for the tests, in ``flows/``: one idea each."""

from pathlib import Path


def _flow(name: str) -> str:
    return (Path(__file__).parent / f"flows/{name}.yaml").read_text()


MEASURE = _flow("measure")
SIGN = _flow("sign")
REVIEW = _flow("review")
INSTALL = _flow("install")
GRAB = _flow("grab")
BREAKDOWN = _flow("breakdown")
LOOK_UPS = _flow("look_ups")
ROOMS = _flow("rooms")
PREPARE = _flow("prepare")
RACE = _flow("race")
HURRY = _flow("hurry")
ORDER = _flow("order")
PURCHASE = _flow("purchase")
TWO_WAITS = _flow("two_waits")
ONE_AFTER_THE_OTHER = _flow("one_after_the_other")
