"""What became of many cases, proved from the services' own tables, the cases' own account and their
histories. Each finding is a defect, in a sentence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

import psycopg
from temporalio.client import Client, WorkflowQueryFailedError

from kit.config import Settings
from kit.db.session import Database
from stack.keys import payload_keys_file
from tests.e2e.conftest import Product
from tests.e2e.crowd import KILLED, Begun, Crowd
from tests.workflow.account import (
    acts_astray,
    failed_tasks,
    family,
    forgotten,
    histories,
    replay_failures,
    restless,
    told_otherwise,
)
from workflows.client import case_workflow_id, connect_temporal
from workflows.serving import SCHEMA
from workflows.worker import plans_of

REST_SECONDS: Final = 180.0
#: What is told late is told by then: a case that could not tell tries again after a minute.
SETTLE_SECONDS: Final = 90.0
#: What no process may have written, whatever was killed under it.
_DEFECTS: Final = ("TMPRL1100", "rpc_failed", "could not be recorded")

#: What must not be there: a query for each, about the cases ``%(cases)s``.
_EFFECTS: Final = {
    "more than one work order": """
        SELECT case_id, count(*) FROM workorder.work_order WHERE case_id = ANY(%(cases)s)
        GROUP BY case_id HAVING count(*) > 1""",
    "more than one quote": """
        SELECT case_id, count(*) FROM pricing.quote WHERE case_id = ANY(%(cases)s)
        GROUP BY case_id HAVING count(*) > 1""",
    "two earnings promised to one technician for one offer": """
        SELECT work_order_id, technician_id, count(*) FROM settlement.earning
        WHERE case_id = ANY(%(cases)s)
        GROUP BY work_order_id, technician_id HAVING count(*) > 1""",
    "two offers to one technician": """
        SELECT work_order_id, technician_id, count(*)
        FROM workorder.offer JOIN workorder.work_order USING (work_order_id)
        WHERE case_id = ANY(%(cases)s)
        GROUP BY work_order_id, technician_id HAVING count(*) > 1""",
    "two living earnings for one work order": """
        SELECT work_order_id, count(*) FROM settlement.earning
        WHERE case_id = ANY(%(cases)s) AND state <> 'cancelled'
        GROUP BY work_order_id HAVING count(*) > 1""",
    "an earning that was promised and neither locked nor cancelled when its case ended": """
        SELECT earning_id, earning.state, "case".state
        FROM settlement.earning JOIN flows."case" USING (case_id)
        WHERE case_id = ANY(%(cases)s) AND ended_at IS NOT NULL AND earning.state = 'estimated'""",
    "a posting that is there twice": """
        SELECT earning_id, transfer_kind, leg, ledger_transfer.state, count(*)
        FROM settlement.ledger_transfer JOIN settlement.earning ON document_id = earning_id
        WHERE case_id = ANY(%(cases)s)
        GROUP BY earning_id, transfer_kind, leg, ledger_transfer.state HAVING count(*) > 1""",
    "a work order of a cancelled case that was not cancelled": """
        SELECT work_order_id, work_order.state
        FROM workorder.work_order JOIN flows."case" USING (case_id)
        WHERE case_id = ANY(%(cases)s) AND "case".state = 3
          AND work_order.state <> 'cancelled'""",
    "a work order that was cancelled though its case was not": """
        SELECT work_order_id, "case".state
        FROM workorder.work_order JOIN flows."case" USING (case_id)
        WHERE case_id = ANY(%(cases)s) AND "case".state IN (1, 2)
          AND parent_case_id = '' AND work_order.state = 'cancelled'""",
    "something that stands still": """
        SELECT workflow_id, incident_id, reason, message FROM flows.incident
        WHERE case_id = ANY(%(cases)s)""",
    "not one effect for each key": """
        SELECT * FROM (
          SELECT 'messages', (SELECT count(*) FROM notify.message) AS effects,
            (SELECT count(*) FROM notify.idempotency_key
             WHERE method LIKE '%%NotifyService/Send') AS keys
          UNION ALL SELECT 'quotes', (SELECT count(*) FROM pricing.quote),
            (SELECT count(*) FROM pricing.idempotency_key
             WHERE method LIKE '%%PricingService/Quote')
          UNION ALL SELECT 'work orders', (SELECT count(*) FROM workorder.work_order),
            (SELECT count(*) FROM workorder.idempotency_key
             WHERE method LIKE '%%WorkOrderService/CreateWorkOrder')
          UNION ALL SELECT 'earnings', (SELECT count(*) FROM settlement.earning),
            (SELECT count(*) FROM settlement.idempotency_key
             WHERE method LIKE '%%SettlementService/PromiseEarning')
        ) AS counted WHERE effects <> keys""",
}


class Auditor:
    """Looks at everything once all is calm."""

    def __init__(self, product: Product, temporal: Client, database: Database) -> None:
        self._product = product
        self._temporal = temporal
        self._database = database
        self._url = product.environment["DATABASE_URL"]

    @classmethod
    async def at(cls, product: Product) -> Auditor:
        """An auditor of a running product."""
        url = product.environment["DATABASE_URL"]
        database = Database.connect(url, SCHEMA)
        settings = Settings(
            DATABASE_URL=url,
            TEMPORAL_ADDRESS=product.address("temporal"),
            payload_keys_file=payload_keys_file(product.layout.keys),
        )
        return cls(product, await connect_temporal(settings, plans_of(database)), database)

    async def close(self) -> None:
        """Let go of the database."""
        await self._database.close()

    async def audit(self, crowd: Crowd) -> list[str]:
        """Everything that is not as it must be, and does not come right by itself in a while."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            workflow_ids = await self._rest(crowd.begun)
            found = await self._as_it_stands(crowd, workflow_ids)
            if not found or time.monotonic() > deadline:
                break
            await asyncio.sleep(1)
        async for history in histories(self._temporal, workflow_ids):
            found += failed_tasks(history)
        every = histories(self._temporal, workflow_ids)
        found += await replay_failures(self._temporal, every)
        found += self._defects_written()
        if not (await self._product.told("ledger", "verify"))["sound"]:
            found.append("the ledger is not sound")
        return found

    async def _as_it_stands(self, crowd: Crowd, workflow_ids: list[str]) -> list[str]:
        cases = [wid.removeprefix("case:") for wid in workflow_ids if wid.startswith("case:")]
        accounts = await self._accounts(crowd, cases)
        return [*self._effects(cases), *accounts, *self._acts(crowd, cases)]

    def _defects_written(self) -> list[str]:
        return [
            f"{name} wrote {line}"
            for name in KILLED
            for line in self._product.log(name).splitlines()
            if any(defect in line for defect in _DEFECTS)
        ]

    async def _rest(self, begun: Iterable[Begun]) -> list[str]:
        """Wait until each case has ended or waits for somebody; all workflows there are by then."""
        deadline = time.monotonic() + REST_SECONDS
        seen: dict[str, None] = {}
        while True:
            ids = await family(self._temporal, [case_workflow_id(b.case_id) for b in begun])
            for workflow_id in ids:
                while doing := await restless(self._temporal, workflow_id):
                    assert time.monotonic() < deadline, f"{workflow_id} does not rest: {doing}"
                    await asyncio.sleep(0.5)
            if list(seen) == ids:
                return ids
            seen = dict.fromkeys(ids)

    def _effects(self, cases: list[str]) -> list[str]:
        with psycopg.connect(self._url) as connection:
            return [
                f"{what}: {row}"
                for what, query in _EFFECTS.items()
                for row in connection.execute(query.encode(), {"cases": cases})
            ]

    async def _accounts(self, crowd: Crowd, cases: list[str]) -> list[str]:
        """Where the read model has a case otherwise than the case itself, and who is forgotten."""
        found = []
        for case_id in cases:
            handle = self._temporal.get_workflow_handle(case_workflow_id(case_id))
            try:
                standing: dict[str, Any] = await handle.query("standing")
            except WorkflowQueryFailedError as error:
                found.append(f"{case_id} cannot say how it stands: {error}")
                continue
            found += told_otherwise(standing, await crowd.client.case(case_id))
            found += forgotten(standing)
        return found

    def _acts(self, crowd: Crowd, cases: list[str]) -> list[str]:
        found = []
        with psycopg.connect(self._url) as connection:
            for case_id in cases:
                rows = connection.execute(
                    "SELECT act_key FROM flows.act WHERE case_id = %s ORDER BY acted_at, act_number",
                    (case_id,),
                ).fetchall()
                sent = [(s.turn, s.act_key, s.applied) for s in crowd.sent if s.case_id == case_id]
                found += acts_astray(case_id, sent, [row[0] for row in rows])
        return found
