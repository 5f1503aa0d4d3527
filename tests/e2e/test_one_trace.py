"""One request is one trace, from HTTP through workflow and activity to gRPC and SQL."""

import re

from tests.e2e.collector import Collector
from tests.e2e.conftest import Product, until
from tests.e2e.test_survival import case_when, start

PARTS = {
    "HTTP": r"gongdan-gateway POST",
    "workflow start": r"gongdan-gateway StartWorkflow:earn_once",
    "activity": r"gongdan-workflows RunActivity:settlement\.v1\.SettlementService/PromiseEarning",
    "gRPC": r"gongdan-settlement .*settlement\.v1\.SettlementService/PromiseEarning",
    "SQL": r"gongdan-settlement INSERT",
}


async def test_one_trace_goes_from_http_to_sql(product: Product, collector: Collector) -> None:
    case_id = await start(product, "earn_once", "-i", "work_order_id=wo_traced")
    await case_when(product, case_id, lambda case: case["state"] == "CASE_STATE_COMPLETED")

    async def whole() -> dict[str, bool] | None:
        for trace_id in {span.trace_id for span in collector.spans if "earn_once" in span.name}:
            said = "\n".join(f"{span.process} {span.name}" for span in collector.trace(trace_id))
            found = {part: bool(re.search(pattern, said)) for part, pattern in PARTS.items()}
            if all(found.values()):
                return found
        return None

    assert await until(whole, "a trace with every part", seconds=30) == dict.fromkeys(PARTS, True)
