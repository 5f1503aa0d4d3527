"""Figures as a picture: bars that can be compared, names that stay text."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

from services.gateway.plot import Bar, Chart, Row, plot

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*charts: Chart, series: tuple[str, ...] = ("now",)) -> Element:
    return fromstring(plot("仿真", "note", series, charts))


def bars(picture: Element, series: int) -> list[float]:
    return [
        float(bar.attrib["width"])
        for bar in picture.iter(f"{SVG}rect")
        if bar.attrib.get("class") == f"s{series}" and bar.attrib["height"] == "12"
        and bar.attrib["width"] != "12"
    ]  # fmt: skip


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    chart = Chart("等待", (Row("a", (Bar(30, "30s"),)), Row("b", (Bar(120, "2m"),))))
    assert bars(drawn(chart), 0) == [125, 500]


def test_a_share_is_drawn_of_the_whole_and_never_beyond_it() -> None:
    chart = Chart("超时率", (Row("a", (Bar(0.25, "25%", margin=0.9),)),), full=1)
    picture = drawn(chart)
    assert bars(picture, 0) == [125]
    margin = next(path for path in picture.iter(f"{SVG}path"))
    assert margin.attrib["d"].startswith("M230.0,")
    assert margin.attrib["d"].endswith("H730.0")


def test_what_is_compared_has_a_bar_each_and_a_legend() -> None:
    chart = Chart("等待", (Row("a", (Bar(1, "1s"), Bar(4, "4s"))),))
    picture = drawn(chart, series=("now", "what if"))
    assert (bars(picture, 0), bars(picture, 1)) == ([125], [500])
    assert {"now", "what if"} <= {text.text for text in picture.iter(f"{SVG}text")}


def test_names_are_text_and_nothing_is_drawn_of_nothing() -> None:
    picture = drawn(Chart("<b>", (Row("<script>", (Bar(0, "–"),)),)))
    assert "<script>" in {text.text for text in picture.iter(f"{SVG}text")}
    assert bars(picture, 0) == [0]
