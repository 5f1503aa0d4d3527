"""Dispatch policies on the wire."""

from __future__ import annotations

from datetime import datetime

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import dispatch_pb2 as pb
from services.workorder.convert.places import instant_if_given
from services.workorder.domain.dispatch.policy import (
    BOUNDS,
    Factor,
    Policy,
    require_announced,
    require_policy,
)
from services.workorder.tables.dispatch import DispatchPolicyRow


def policy_from_proto(message: pb.DispatchPolicy) -> Policy:
    """A policy as somebody gives it.

    Raises:
        InvalidArgument: ``DISPATCH_POLICY_INVALID``, naming the field.
    """
    weights: dict[Factor, int] = {}
    for position, each in enumerate(message.weights):
        known = {str(factor): factor for factor in Factor}
        if each.factor not in known or known[each.factor] in weights:
            raise InvalidArgument(
                "DISPATCH_POLICY_INVALID",
                f"{each.factor!r} must be one of {', '.join(known)}, and stand here once",
                field=f"policy.weights[{position}].factor",
            )
        weights[known[each.factor]] = each.weight_basis_points
    policy = Policy(
        version=message.policy_version,
        weights={factor: weights.get(factor, 0) for factor in Factor},
        **{name: getattr(message, name) for name in BOUNDS},
    )
    require_policy(policy)
    return policy


def row_from_proto(message: pb.DispatchPolicy, now: datetime, person_id: str) -> DispatchPolicyRow:
    """The row of a new version.

    Raises:
        InvalidArgument: ``DISPATCH_POLICY_INVALID``, naming the field.
    """
    policy = policy_from_proto(message)
    given = instant_if_given(
        message.effective_from,
        present=message.HasField("effective_from"),
        field="policy.effective_from",
    )
    require_announced(given or now, now, message.note)
    return DispatchPolicyRow(
        policy_version=policy.version,
        effective_from=given or now,
        weights={str(factor): weight for factor, weight in policy.weights.items()},
        parameters={name: getattr(policy, name) for name in BOUNDS},
        note=message.note.strip(),
        put_at=now,
        put_by_person_id=person_id,
    )


def to_proto(row: DispatchPolicyRow) -> pb.DispatchPolicy:
    """A version as it stands."""
    return pb.DispatchPolicy(
        policy_version=row.policy_version,
        effective_from=instant_to_proto(row.effective_from),
        weights=[
            pb.FactorWeight(factor=factor, weight_basis_points=row.weights.get(factor, 0))
            for factor in Factor
        ],
        note=row.note,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
        **row.parameters,
    )
