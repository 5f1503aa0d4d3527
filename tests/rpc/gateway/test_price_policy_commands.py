"""`gongdan price-policy`: modes, freezes, coupons and rates on the command line."""

import json

from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def test_a_mode_is_switched_listed_and_undone(gongdan: Gongdan) -> None:  # noqa: F811
    modes = await gongdan("price-policy", "mode", "list")
    assert "大促" in modes.stdout, modes.output
    switched = await gongdan(
        "price-policy", "mode", "switch", "promotion_season", "--place", "530000",
        "--channel", "tmall", "--until", "2099-11-12T00:00", "--reason", "双十一", "--json",
    )  # fmt: skip
    assert switched.exit_code == 0, switched.output
    switch = json.loads(switched.stdout)
    assert switch["scope"]["sales_channel"] == "tmall"
    preview = await gongdan(
        "price-policy", "mode", "preview", "daily", "--place", "530000", "--channel", "tmall"
    )
    assert "promotion_season" in preview.stdout
    undone = await gongdan(
        "price-policy", "mode", "undo", switch["switch_id"], "--reason", "按错了"
    )
    assert "按错了" in undone.stdout
    history = await gongdan("price-policy", "mode", "history", "--place", "530000")
    assert "双十一" in history.stdout
    past = await gongdan(
        "price-policy", "mode", "switch", "daily", "--from", "2020-01-01", "--reason", "x"
    )
    assert past.exit_code == 1
    assert "PRICING_SWITCH_IN_PAST" in past.stderr


async def test_a_region_is_frozen_and_thawed(gongdan: Gongdan) -> None:  # noqa: F811
    frozen = await gongdan(
        "price-policy", "freeze", "530102", "--hours", "24", "--reason", "频繁退单"
    )
    assert "频繁退单" in frozen.stdout, frozen.output
    thawed = await gongdan("price-policy", "thaw", "530102", "--reason", "已核实")
    assert "已核实" in thawed.stdout
    again = await gongdan("price-policy", "thaw", "530102", "--reason", "已核实")
    assert "PRICING_NOT_FROZEN" in again.stderr
    listed = await gongdan("price-policy", "freezes", "--place", "530102")
    assert "fz_" in listed.stdout
    protect = await gongdan("price-policy", "protect", "4", "--reach", "city")
    assert "城市" in protect.stdout, protect.output
    versions = await gongdan("price-policy", "protections", "--json")
    counts = [
        each["cancellation_count"] for each in json.loads(versions.stdout)["protection_policies"]
    ]
    assert counts[:2] == [4, 3]
    assert (await gongdan("price-policy", "protect", "3")).exit_code == 0


async def test_coupons_are_made_and_listed(gongdan: Gongdan) -> None:  # noqa: F811
    made = await gongdan(
        "price-policy", "coupon", "create", "CLI-AUTUMN", "--count", "60", "--each", "1",
        "--until", "2099-12-31", "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    batch = json.loads(made.stdout)
    codes = await gongdan(
        "price-policy", "coupon", "list", "--batch", batch["batch_id"], "--all", "--json"
    )
    assert len(json.loads(codes.stdout)["coupons"]) == 60
    given = await gongdan("price-policy", "coupon", "create", "CLI-AUTUMN", "ab-cd-1234")
    assert given.exit_code == 0, given.output
    one = await gongdan("price-policy", "coupon", "list", "--code", "ABCD1234")
    assert "CLI-AUTUMN" in one.stdout
    twice = await gongdan("price-policy", "coupon", "create", "CLI-AUTUMN", "ABCD1234")
    assert "PRICING_COUPON_TAKEN" in twice.stderr
    ended = await gongdan("price-policy", "coupon", "end", batch["batch_id"])
    assert ended.exit_code == 0
    listed = await gongdan("price-policy", "coupon", "batches", "--promotion", "CLI-AUTUMN")
    assert batch["batch_id"] in listed.stdout
    assert "没有" in (await gongdan("price-policy", "coupon", "uses", "--code", "ABCD1234")).stdout


async def test_rates_are_recorded_and_found(gongdan: Gongdan) -> None:  # noqa: F811
    put = await gongdan(
        "price-policy", "rate", "put", "THB", "CNY", "0.2", "--source", "人民银行",
        "--from", "2026-01-01", "--inverse",
    )  # fmt: skip
    assert put.exit_code == 0, put.output
    found = await gongdan("price-policy", "rate", "at", "CNY", "THB", "--json")
    assert json.loads(found.stdout)["ratio"] == "5"
    listed = await gongdan("price-policy", "rate", "list", "--to-currency", "CNY")
    assert "人民银行" in listed.stdout
    missing = await gongdan("price-policy", "rate", "at", "CNY", "KWD")
    assert "PRICING_EXCHANGE_RATE_MISSING" in missing.stderr
    revalued = await gongdan("price-policy", "rate", "revalue", "--currency", "THB")
    assert revalued.exit_code == 0, revalued.output


async def test_a_region_goes_by_the_policy_of_its_finest_place(gongdan: Gongdan) -> None:  # noqa: F811
    put = await gongdan(
        "price-policy", "region", "put", "110000", "half-monthly", "--note", "满减不叠加"
    )
    assert "半月结" in put.stdout, put.output
    found = await gongdan("price-policy", "region", "at", "110105")
    assert "满减不叠加" in found.stdout, found.output
    listed = await gongdan("price-policy", "region", "list", "--place", "110000")
    assert "半月结" in listed.stdout
