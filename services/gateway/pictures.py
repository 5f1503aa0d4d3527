"""What a picture looks like, as 64 bits that stay nearly the same when it is made smaller, lighter or
saved anew: the difference hash.

It sees the coarse course of light and dark, and no more. A picture that was cut, turned or mirrored is
another one to it; HEIC is not read; and what is all of one tone looks like nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

#: Eight differences between nine neighbours, in eight rows.
_COLUMNS: Final = 9
_ROWS: Final = 8
#: JPEG is decoded at the least scale that is at least this large.
_DECODED: Final = (_COLUMNS * 16, _ROWS * 16)
#: Of 256 tones, how many a picture spans at least that looks like something.
_LEAST_TONES: Final = 12
_MOST_PIXELS: Final = 60_000_000
_READ: Final = ("jpg", "png", "gif", "webp")


def perceptual_hash(path: Path, ending: str) -> str:
    """The difference hash of a picture in 16 hexadecimal digits; empty for what is none that can be
    read, or that looks like nothing."""
    if ending not in _READ:
        return ""
    try:
        tones = _tones(path)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return ""  # it ends in the middle, or only begins like a picture
    if tones is None or max(tones) - min(tones) < _LEAST_TONES:
        return ""
    return f"{difference_hash(tones):016x}"


def difference_hash(tones: Sequence[int]) -> int:
    """Of nine columns and eight rows of tones: bit by bit, whether it grows lighter to the right."""
    bits = 0
    for row in range(_ROWS):
        for column in range(_COLUMNS - 1):
            at = row * _COLUMNS + column
            bits = bits << 1 | (tones[at] < tones[at + 1])
    return bits


def _tones(path: Path) -> bytes | None:
    """The picture as nine columns and eight rows, upright; None when it is too large to look at."""
    with Image.open(path) as image:
        if image.width * image.height > _MOST_PIXELS:
            return None
        image.draft("L", _DECODED)
        upright = ImageOps.exif_transpose(image).convert("L")
        return upright.resize((_COLUMNS, _ROWS), Image.Resampling.BOX).tobytes()
