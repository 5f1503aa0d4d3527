"""What the tests of the desk share: its people, a team, and `at(…)`, the names of its RPCs."""

from kit.authn import Actor
from protos.workorder.v1 import (  # noqa: F401 - their descriptors are looked up by name
    orders_pb2,
    registry_pb2,
)
from tests.rpc.workorder.conftest import Desk

SUPERVISOR = Actor("pe_supervisor", frozenset({"supervisor"}))


def at(rpc: str) -> str:
    return f"WorkOrderDeskService/{rpc}"


async def team(desk: Desk, kind: str = "repair", members: tuple[str, ...] = ()) -> str:
    """A new team; its id."""
    team_id = f"tm_{kind}_{next(desk.numbers)}"
    given = registry_pb2.Team(team_id=team_id, name="维修一班", kind=kind, technician_ids=members)
    await desk.call("RegistryService/PutTeam", team=given)
    return team_id
