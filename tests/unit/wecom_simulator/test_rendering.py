from collections.abc import Callable

import pytest

from simulators.wecom import rendering


def test_a_text_shows_its_lines_and_links() -> None:
    shown = rendering.text('请看\n<a href="https://h5.example/wo?a=1&b=2">工单</a>')
    assert shown == (
        '请看<br><a href="https://h5.example/wo?a=1&amp;b=2" target="_blank" rel="noreferrer">'
        "工单</a>"
    )


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", '<a href="javascript:alert(1)">x</a>', '<img src="x" onerror=y>'],
)
@pytest.mark.parametrize("render", [rendering.text, rendering.card_text, rendering.markdown])
def test_no_foreign_markup_reaches_the_page(render: Callable[[str], str], hostile: str) -> None:
    shown = render(hostile)
    assert "<script" not in shown
    assert "<a" not in shown
    assert "<img" not in shown


def test_markdown_shows_headings_quotes_bold_and_colours() -> None:
    shown = rendering.markdown('## 回访\n> **李先生** <font color="warning">超时</font>')
    assert shown == (
        '<div class="md-h">回访</div>'
        '<div class="md-quote"><b>李先生</b> <span class="md-warning">超时</span></div>'
    )


def test_a_text_card_shows_grey_and_highlighted_parts() -> None:
    shown = rendering.card_text('<div class="gray">今天</div>a<br>b')
    assert shown == '<div class="tc-gray">今天</div>a<br>b'
