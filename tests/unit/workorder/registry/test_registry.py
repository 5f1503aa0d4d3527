"""Outlets' contracts, codes, guides, parts: what is right by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.authn import Actor
from kit.errors import InvalidArgument, NotFound, PermissionDenied
from kit.spreadsheet.records import Unreadable
from services.workorder.domain.assets import asset_parts, guide, scan_code
from services.workorder.domain.assets.guide import GuideKind
from services.workorder.domain.registry import cells, registry
from services.workorder.domain.registry.registry import Contract, Who

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("contract", "is_open"),
    [
        (Contract(), True),
        (Contract(valid_from=NOW), True),
        (Contract(valid_from=NOW + _HOUR), False),
        (Contract(valid_until=NOW + _HOUR), True),
        (Contract(valid_until=NOW), False),
        (Contract(suspended=True), False),
    ],
)
def test_an_outlet_may_be_sent_while_its_contract_holds_and_nobody_suspended_it(
    contract: Contract, is_open: bool
) -> None:
    assert contract.is_open(NOW) == is_open


def test_an_exclusion_names_one_of_ours_and_at_most_one_of_theirs() -> None:
    registry.require_excluded(Who(technician_id="pe_1"))
    registry.require_excluded(Who(outlet_id="ou_1", address_id="ad_1"))
    for who in (
        Who(),
        Who(technician_id="pe_1", outlet_id="ou_1"),
        Who(technician_id="pe_1", customer_id="cu_1", address_id="ad_1"),
    ):
        with pytest.raises(InvalidArgument, match="REGISTRY_INVALID"):
            registry.require_excluded(who)


def test_a_preference_names_one_of_ours_and_one_of_theirs() -> None:
    registry.require_preferred(Who(technician_id="pe_1", customer_id="cu_1"))
    for who in (Who(technician_id="pe_1"), Who(customer_id="cu_1")):
        with pytest.raises(InvalidArgument, match="REGISTRY_INVALID"):
            registry.require_preferred(who)


def test_an_outlet_manager_keeps_their_own_outlet_only() -> None:
    manager = Actor("pe_m", frozenset({"outlet_manager"}), outlet_id="ou_1")
    registry.require_outlet_of(manager, "ou_1")
    registry.require_outlet_of(Actor("pe_d", frozenset({"dispatcher"})), "ou_2")
    for outlet_id in ("ou_2", ""):
        with pytest.raises(PermissionDenied, match="OUTLET_NOT_YOURS"):
            registry.require_outlet_of(manager, outlet_id)


def test_codes_are_random_and_read_as_people_copy_them() -> None:
    code = scan_code.new_scan_code()
    assert code != scan_code.new_scan_code()
    as_printed = " ".join(code[at : at + 5] for at in range(0, 25, 5)).upper()
    assert scan_code.normal_code(as_printed) == code
    assert scan_code.normal_code(code.replace("0", "O").replace("1", "l")) == code


@pytest.mark.parametrize("text", ["", "short", "u" * 25, "é" * 25, "0" * 26])
def test_what_cannot_be_a_code_is_unknown_like_any_other(text: str) -> None:
    with pytest.raises(NotFound, match="SCAN_CODE_UNKNOWN"):
        scan_code.normal_code(text)


@pytest.mark.parametrize(
    ("kind", "reference", "is_good"),
    [
        (GuideKind.MODEL_3D, "https://example.com/3d/kfr-35gw", True),
        (GuideKind.DOCUMENT, "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.pdf", True),
        (GuideKind.VIDEO, "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.mp4", True),
        (GuideKind.DOCUMENT, "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.mp4", False),
        (GuideKind.MODEL_3D, "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.pdf", False),
        (GuideKind.VIDEO, "http://example.com/a.mp4", False),
        (GuideKind.VIDEO, "javascript:alert(1)", False),
        (GuideKind.VIDEO, "https://", False),
        (GuideKind.VIDEO, "https://me:secret@example.com/a", False),
        (GuideKind.VIDEO, 'https://example.com/"><script>', False),
    ],
)
def test_a_guide_is_a_file_of_its_kind_or_an_https_link(
    kind: GuideKind, reference: str, is_good: bool
) -> None:
    if is_good:
        guide.require_guide(kind, "zh", "1.0", reference)
        return
    with pytest.raises(InvalidArgument) as refused:
        guide.require_guide(kind, "zh", "1.0", reference)
    assert refused.value.field == "reference"


def test_versions_are_compared_by_numbers() -> None:
    versions = ["2.10", "2.9", "10.0", "2.9-beta", "1"]
    ordered = sorted(versions, key=guide.newest_first)
    assert ordered == ["1", "2.9", "2.9-beta", "2.10", "10.0"]


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["", *"abcdef"])))
def test_a_whole_that_is_missing_and_a_loop_are_told_and_nothing_else(
    said: dict[str, str],
) -> None:
    found = asset_parts.problems({}, said)

    def climbs_for_ever(asset_id: str) -> bool:
        at = asset_id
        for _ in range(len(said) + 1):
            at = said.get(at, "")
            if not at:
                return False
        return True

    for asset_id, parent in said.items():
        missing = bool(parent) and parent not in said
        assert (asset_id in found) == (missing or climbs_for_ever(asset_id))


@pytest.mark.parametrize(
    ("text", "value"), [("是", True), ("Yes", True), ("否", False), ("", False), ("0", False)]
)
def test_flags_are_read(text: str, value: bool) -> None:
    assert cells.read_flag(text) is value


def test_what_stands_wrongly_in_a_cell_is_told_in_both_languages() -> None:
    for read, text in (
        (cells.read_flag, "也许"),
        (cells.read_number, "-1"),
        (cells.read_number, "1.5"),
        (cells.read_day, "2026-02-30"),
        (cells.read_beginning, "2026-02-01Tx"),
        (cells.read_point, "116.4"),
    ):
        with pytest.raises(Unreadable) as refused:
            read(text)
        assert refused.value.english
        assert refused.value.chinese


def test_a_contract_that_is_written_by_days_holds_to_the_end_of_its_last_day() -> None:
    until = cells.read_end("2026年12月31日")
    assert until is not None
    assert until.astimezone(UTC) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert str(cells.write_end(until)) == "2026-12-31"
    noon = datetime(2026, 12, 31, 4, tzinfo=UTC)
    assert cells.read_end(str(cells.write_end(noon))) == noon
    assert cells.read_beginning(str(cells.write_beginning(noon))) == noon
