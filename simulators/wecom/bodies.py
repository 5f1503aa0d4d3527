"""The plain message types: what each must carry, and where phones cut it."""

from collections.abc import Callable
from urllib.parse import urlsplit

from simulators.wecom.errors import WecomError
from simulators.wecom.state import Json

_TEXT_BYTES = 2048
_URL_BYTES = 2048


def text(body: Json, lint: list[str]) -> Json:
    """`text`: cut at 2048 bytes."""
    content = required_text(body, "content", 44004)
    shown = content.encode()[:_TEXT_BYTES].decode(errors="ignore")
    if shown != content:
        lint.append(f"content: cut at {_TEXT_BYTES} bytes")
    return {"content": shown}


def markdown(body: Json, lint: list[str]) -> Json:
    """`markdown`: at most 2048 bytes, refused when longer."""
    content = required_text(body, "content", 44004)
    if len(content.encode()) > _TEXT_BYTES:
        raise WecomError(45002)
    return {"content": content}


def textcard(body: Json, lint: list[str]) -> Json:
    """`textcard`: title, description and a link; long texts are cut."""
    return {
        "title": cut(required_text(body, "title", 41016), 128, "title", lint),
        "description": cut(required_text(body, "description", 41033), 512, "description", lint),
        "url": link(body.get("url")),
        "btntxt": cut(str(body.get("btntxt") or "详情"), 4, "btntxt", lint),
    }


BODIES: dict[str, Callable[[Json, list[str]], Json]] = {
    "text": text,
    "markdown": markdown,
    "textcard": textcard,
}

# Real types that this simulator does not show: it says so instead of answering as if it did.
NOT_SIMULATED = frozenset(
    {"image", "voice", "video", "file", "news", "mpnews", "miniprogram_notice"}
)


def required_text(body: Json, name: str, missing: int) -> str:
    """A field that must be a non-empty string."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise WecomError(missing)
    return value


def link(url: object) -> str:
    """A URL with a scheme, of bearable length."""
    if not isinstance(url, str) or not url:
        raise WecomError(40063, "some parameters are empty, url is missing")
    if len(url.encode()) > _URL_BYTES:
        raise WecomError(40039)
    if not urlsplit(url).scheme:
        raise WecomError(45034)
    return url


def cut(value: str, limit: int, name: str, lint: list[str]) -> str:
    """The part of a text that a phone shows."""
    if len(value) > limit:
        lint.append(f"{name}: {len(value)} characters, phones show {limit}")
    return value[:limit]
