"""`gongdan customer`: what is known of customers, their timeline, who is the same, files, privacy."""

import json
from pathlib import Path

from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def create(gongdan: Gongdan, phone: str, name: str = "钱多多") -> str:  # noqa: F811
    made = await gongdan(
        "customer", "create", "--name", name, "--phone", phone, "--detail", "文三路1号2单元301",
        "--adcode", "330106", "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    return str(json.loads(made.stdout)["customer_id"])


async def test_a_profile_shows_contacts_tags_and_consents(gongdan: Gongdan) -> None:  # noqa: F811
    customer = await create(gongdan, "13600000001")
    added = await gongdan(
        "customer", "contact", "add", customer, "--name", "王芳", "--phone", "13600000002",
        "--role", "家属", "--preferred",
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    tagged = await gongdan("customer", "tag", customer, "--add", "偏好静音", "--add", "新客")
    assert "变更 changed 1" in tagged.stdout
    await gongdan("customer", "consent", customer, "sms", "--refuse", "--remark", "来电")
    changed = await gongdan("customer", "change", customer, "--level", "key_account")
    assert changed.exit_code == 0, changed.output
    shown = (await gongdan("customer", "profile", customer)).stdout
    for words in ("钱**", "王* ★", "家属", "偏好静音", "短信", "✗", "key_account", "文三路"):
        assert words in shown
    assert "单元" not in shown
    listed = await gongdan("customer", "list", "--tag", "偏好静音", "--region", "330100")
    assert customer in listed.stdout
    assert "偏好静音" in (await gongdan("customer", "tags")).stdout


async def test_a_caller_is_found_through_the_contact(gongdan: Gongdan) -> None:  # noqa: F811
    customer = await create(gongdan, "13600000011")
    await gongdan(
        "customer", "contact", "add", customer, "--name", "赵六", "--phone", "13600000012",
        "--role", "店长",
    )  # fmt: skip
    found = await gongdan("customer", "find", "+86 136-0000-0012", "--purpose", "来电")
    assert customer in found.stdout
    assert "赵* 店长" in found.stdout
    refused = await gongdan(
        "customer", "find", "13600000012", "--purpose", "来电", "--as", "pe_zhang"
    )
    assert "ROLE_REQUIRED" in refused.stderr


async def test_what_happened_stands_in_the_timeline(gongdan: Gongdan) -> None:  # noqa: F811
    customer = await create(gongdan, "13600000021")
    recorded = await gongdan(
        "customer", "record", customer, "购买空调", "--kind", "purchase", "--source", "tmall",
        "--source-id", "T-CLI-1", "--subject", "KFR-35GW", "--details", "要白色",
    )  # fmt: skip
    assert recorded.exit_code == 0, recorded.output
    await gongdan("customer", "record", customer, "好评", "--kind", "rating", "--rating", "5")
    shown = (await gongdan("customer", "timeline", customer)).stdout
    for words in ("购买", "KFR-35GW", "要白色", "tmall T-CLI-1", "好评 ★★★★★"):
        assert words in shown
    only = (await gongdan("customer", "timeline", customer, "--kind", "purchase")).stdout
    assert "好评" not in only
    narrowed = await gongdan("customer", "timeline", customer, "--words", "kfr", "--json")
    assert len(json.loads(narrowed.stdout)["interactions"]) == 1


async def test_customers_are_merged_and_split(gongdan: Gongdan) -> None:  # noqa: F811
    stays, goes = await create(gongdan, "13600000031"), await create(gongdan, "13600000031")
    assert goes in (await gongdan("customer", "duplicates", "--customer", stays)).stdout
    merged = await gongdan("customer", "merge", stays, goes, "--reason", "登记了两次", "--json")
    merge = json.loads(merged.stdout)["merge_id"]
    assert (
        json.loads((await gongdan("customer", "show", goes, "--json")).stdout)["customer_id"]
        == stays
    )
    assert merge in (await gongdan("customer", "merges", "--customer", goes)).stdout
    undone = await gongdan("customer", "split", merge, "--reason", "父子")
    assert undone.exit_code == 0, undone.output
    await gongdan("customer", "dismiss", stays, goes, "--reason", "父子同号")
    left = await gongdan("customer", "duplicates", "--customer", stays)
    assert goes not in left.stdout


async def test_a_file_is_looked_at_and_imported(gongdan: Gongdan, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "客户.csv"
    file.write_text("姓名,电话,地址\n周一一,13600000041,文三路1号\n", encoding="utf-8")
    wrong = await gongdan("customer", "import", str(file))
    assert wrong.exit_code == 1
    assert "PLACE_UNKNOWN" in wrong.stdout
    file.write_text("姓名,电话,地址\n周一一,13600000041,杭州西湖区文三路1号\n", encoding="utf-8")
    looked = await gongdan("customer", "import", str(file), "--dry-run")
    assert "新增 added 1" in looked.stdout
    assert "周**" in looked.stdout
    done = await gongdan("customer", "import", str(file), "--json")
    assert json.loads(done.stdout)["added"] == 1
    again = await gongdan("customer", "import", str(file), "--dry-run")
    assert "已有 known 1" in again.stdout


async def test_personal_data_is_destroyed_by_two_people(gongdan: Gongdan) -> None:  # noqa: F811
    customer = await create(gongdan, "13600000051")
    asked = await gongdan(
        "customer", "shred", "request", customer, "--reason", "客户要求删除", "--as", "pe_sun",
        "--json",
    )  # fmt: skip
    assert asked.exit_code == 0, asked.output
    shredding = json.loads(asked.stdout)["shredding_id"]
    assert shredding in (await gongdan("customer", "shred", "list", "--open")).stdout
    done = await gongdan("customer", "shred", "approve", shredding)
    assert done.exit_code == 0, done.output
    assert "个人信息已销毁" in (await gongdan("customer", "profile", customer)).stdout
    assert (await gongdan("customer", "reveals", customer)).exit_code == 0
    assert (await gongdan("customer", "inactive", "--years", "1")).exit_code == 0


async def test_another_address_takes_the_place_of_one(gongdan: Gongdan) -> None:  # noqa: F811
    customer = await create(gongdan, "13600000061")
    added = await gongdan("customer", "address", "add", customer, "上海浦东新区世纪大道8号1201")
    assert "世纪大道8号****" in added.stdout
    shown = json.loads((await gongdan("customer", "show", customer, "--json")).stdout)
    first, second = (address["address_id"] for address in shown["addresses"])
    moved = await gongdan(
        "customer", "address", "replace", first, "体育场路5号", "--adcode", "330106", "--json"
    )
    assert moved.exit_code == 0, moved.output
    assert [each["address_id"] for each in json.loads(moved.stdout)["ended_addresses"]] == [first]
    ended = await gongdan("customer", "address", "end", second)
    assert ended.exit_code == 0, ended.output
    again = await gongdan("customer", "address", "end", second)
    assert "ADDRESS_ENDED" in again.stderr
