"""The little markup that WeCom shows in texts, made safe for a page.

Everything is escaped first; then only the marks that WeCom knows are let back in.
"""

import re

from markupsafe import Markup, escape

_LINK_TAG = re.compile(
    r"&lt;a href=(?:&#34;|&#39;)(https?://[^\s&]+(?:&amp;[^\s&]+)*)(?:&#34;|&#39;)&gt;(.*?)&lt;/a&gt;"
)
_DIV = re.compile(
    r"&lt;div class=&#34;(gray|normal|highlight)&#34;&gt;(.*?)&lt;/div&gt;", re.DOTALL
)
_BREAK = re.compile(r"&lt;br\s*/?&gt;")
_FONT = re.compile(r"&lt;font color=&#34;(info|comment|warning)&#34;&gt;(.*?)&lt;/font&gt;")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`([^`]+)`")
_MD_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^\s)]+)\)")
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_ANCHOR = r'<a href="{}" target="_blank" rel="noreferrer">{}</a>'


def text(content: str) -> Markup:
    """A text message: line breaks and links."""
    shown = _LINK_TAG.sub(_ANCHOR.format(r"\1", r"\2"), str(escape(content)))
    return Markup(shown.replace("\n", "<br>"))


def card_text(content: str) -> Markup:
    """A text card's description: grey, normal and highlighted parts."""
    shown = _DIV.sub(r'<div class="tc-\1">\2</div>', str(escape(content)))
    return Markup(_BREAK.sub("<br>", shown).replace("\n", "<br>"))


def markdown(content: str) -> Markup:
    """WeCom's markdown: headings, bold, links, code, quotes and three colours."""
    return Markup("".join(_markdown_line(line) for line in str(escape(content)).split("\n")))


def _markdown_line(line: str) -> str:
    if heading := _HEADING.fullmatch(line):
        return f'<div class="md-h">{_inline(heading[2])}</div>'
    if line.startswith("&gt;"):
        return f'<div class="md-quote">{_inline(line[4:].strip())}</div>'
    return f"<div>{_inline(line) or '&nbsp;'}</div>"


def _inline(line: str) -> str:
    line = _CODE.sub(r"<code>\1</code>", line)
    line = _BOLD.sub(r"<b>\1</b>", line)
    line = _MD_LINK.sub(_ANCHOR.format(r"\2", r"\1"), line)
    return _FONT.sub(r'<span class="md-\1">\2</span>', line)
