"""`gongdan anomaly`: from a rule that is tried to what somebody confirms."""

import json

from protos.workorder.v1 import anomaly_pb2
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def test_rules_are_listed_tried_and_put(gongdan: Gongdan) -> None:  # noqa: F811
    listed = await gongdan("anomaly", "rule", "list", "--json")
    assert listed.exit_code == 0, listed.output
    rules = {each["kind"] for each in json.loads(listed.stdout)["rules"]}
    assert rules == set(anomaly_pb2.AnomalyKind.keys()[1:])
    terms = ("--window-hours", "720", "--threshold", "4", "--severity", "high")
    tried = await gongdan("anomaly", "rule", "try", "repeated_returns", *terms)
    assert "anomalies" in tried.stdout, tried.output
    put = await gongdan(
        "anomaly", "rule", "put", "repeated_returns", *terms, "--freeze-hours", "24"
    )
    assert "反复退单" in put.stdout, put.output
    assert "24 h" in put.stdout
    versions = await gongdan("anomaly", "rule", "list", "--kind", "repeated_returns", "--json")
    assert [each["version"] for each in json.loads(versions.stdout)["rules"]] == [2, 1]
    wrong = await gongdan("anomaly", "rule", "put", "diversion", "--window-hours", "0",
                          "--threshold", "2", "--severity", "low")  # fmt: skip
    assert "ANOMALY_RULE_INVALID" in wrong.stderr, wrong.output
    for command in (
        ("anomaly", "list", "--kind", "fraud"),
        ("on-site", "flags", "--kind", "fraud"),
    ):
        unknown = await gongdan(*command)
        assert unknown.exit_code == 2
        assert "same_photo" in unknown.stderr, "what there is, is said"


async def test_what_is_not_there_is_neither_shown_nor_decided(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
) -> None:
    found = await gongdan("anomaly", "list", "--state", "open", "--days", "7")
    assert found.exit_code == 0, found.output
    for command in (
        ("show", "an_none"), ("ack", "an_none"), ("dismiss", "an_none", "--reason", "没事"),
        ("confirm", "an_none", "--reason", "骗补", "--no-freeze"),
    ):  # fmt: skip
        refused = await gongdan("anomaly", *command)
        assert "ANOMALY_UNKNOWN" in refused.stderr, refused.output
