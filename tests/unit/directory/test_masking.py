import pytest

from services.directory.domain.masking import mask_address, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [("李雷", "李*"), ("王小明", "王**"), ("欧阳明月", "欧***"), ("李", "李*")],
)
def test_one_character_of_a_name_is_kept(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138******78"),
        ("+8613812345678", "+86138******78"),
        ("62345678", "******78"),
        ("95588", "*****"),
    ],
)
def test_six_digits_of_a_phone_are_hidden(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("detail", "masked"),
    [
        ("建国路88号3号楼2单元1502室", "建国路88号3号楼****"),
        ("幸福小区3栋二单元501", "幸福小区3栋****"),
        ("幸福小区3-2-501", "幸福小区****"),
        ("中关村大街1号海龙大厦(1502室)", "中关村大街1号海龙大厦****"),
        ("阳光花园6号楼 1单元 302 室（请按门铃）", "阳光花园6号楼****"),
        ("长安街1号", "长安街1号"),
    ],
)
def test_unit_and_room_of_an_address_are_hidden(detail: str, masked: str) -> None:
    assert mask_address(detail) == masked
