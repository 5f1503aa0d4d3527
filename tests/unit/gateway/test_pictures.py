"""What pictures look like: nearly the same when they are the same, far apart when they are not."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from services.gateway.pictures import difference_hash, perceptual_hash


def scene(turned: int = 0) -> Image.Image:
    """A wall with an appliance, a window and a pipe."""
    picture = Image.new("RGB", (800, 600), (190, 200, 205))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((80, 60, 420, 210), fill=(245, 245, 240))
    draw.rectangle((560, 90, 760, 420), fill=(90, 120, 180))
    draw.line((250, 210, 300, 590), fill=(150, 90, 40), width=40)
    draw.ellipse((120, 380, 220, 540), fill=(30, 40, 30))
    return picture.rotate(turned, expand=True)


def looks(path: Path, picture: Image.Image, **how: Any) -> str:
    picture.save(path, **how)
    return perceptual_hash(path, path.suffix[1:])


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_a_picture_made_smaller_lighter_or_saved_anew_looks_nearly_the_same(tmp_path: Path) -> None:
    first = looks(tmp_path / "first.jpg", scene(), quality=92)
    assert len(first) == 16
    again = looks(tmp_path / "again.jpg", scene(), quality=40)
    smaller = looks(tmp_path / "smaller.png", scene().resize((320, 240)))
    lighter = looks(tmp_path / "lighter.webp", scene().point(lambda tone: min(255, tone + 25)))
    assert max(apart(first, other) for other in (again, smaller, lighter)) <= 6


def test_another_picture_looks_otherwise(tmp_path: Path) -> None:
    first = looks(tmp_path / "first.jpg", scene())
    other = looks(tmp_path / "other.jpg", scene(turned=180))
    assert apart(first, other) > 16


def test_a_picture_that_the_camera_says_is_lying_is_looked_at_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    lying = looks(tmp_path / "lying.jpg", scene(turned=90), exif=exif)
    assert apart(looks(tmp_path / "upright.jpg", scene()), lying) <= 6


@pytest.mark.parametrize("name", ["wall.png", "wall.jpg"])
def test_a_picture_all_of_one_tone_looks_like_nothing(tmp_path: Path, name: str) -> None:
    assert looks(tmp_path / name, Image.new("RGB", (400, 300), (230, 228, 225))) == ""


def test_what_is_no_picture_or_only_the_beginning_of_one_looks_like_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    scene().save(broken)
    broken.write_bytes(broken.read_bytes()[:300])
    assert perceptual_hash(broken, "jpg") == ""
    broken.write_bytes(b"\xff\xd8\xff\xe0" + bytes(64))
    assert perceptual_hash(broken, "jpg") == ""
    assert perceptual_hash(broken, "pdf") == ""


def test_the_hash_says_bit_by_bit_where_it_grows_lighter() -> None:
    lighter, darker = list(range(9)), list(range(9, 0, -1))
    assert difference_hash(lighter * 8) == 2**64 - 1
    assert difference_hash(darker * 8) == 0
    assert difference_hash((lighter + darker) * 4) == 0xFF00FF00FF00FF00
