"""A file is what its bytes say, whatever it is called."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from services.gateway.file_kinds import ending_of
from workflows.language.file_types import MEDIA_TYPES, is_image, is_reference, media_type_of

FIRST_BYTES = {
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "gif": b"GIF89a\x01\x00",
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00",
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00",
    "mov": b"\x00\x00\x00\x14ftypqt  \x00\x00",
    "pdf": b"%PDF-1.7\n",
}


@pytest.mark.parametrize("ending", FIRST_BYTES)
def test_a_file_is_known_by_its_first_bytes(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "anything.exe"
    path.write_bytes(FIRST_BYTES[ending] + bytes(50))
    assert ending_of(path) == ending


@pytest.mark.parametrize(
    ("part", "ending"),
    [("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("classes.dex", "")],
)
def test_an_office_document_is_known_by_the_part_that_makes_it_one(
    tmp_path: Path, part: str, ending: str
) -> None:
    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "<x/>")
    assert ending_of(path) == ending


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 broken",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"MZ\x90\x00",
        b"#!/bin/sh\n",
        b"\x00\x00\x00\x18ftypxxxx",
    ],
)
def test_what_could_run_in_a_browser_or_is_unknown_is_nothing_that_we_keep(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    assert ending_of(path) == ""


def test_a_reference_says_what_it_refers_to() -> None:
    reference = "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.jpg"
    assert is_reference(reference)
    assert is_reference(reference, ("image",))
    assert not is_reference(reference, ("document", "video"))
    assert not is_reference(reference + "\n")
    assert is_image(reference)
    assert media_type_of(reference) == "image/jpeg"
    assert all(is_reference(f"fl_{'0' * 26}.{ending}") for ending in MEDIA_TYPES)
