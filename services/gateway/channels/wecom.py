"""What WeCom tells us: opened, read, and kept once; nobody acts on it here.

WeCom wants an answer within a second and asks again when it gets none, freshly sealed each time. So
the endpoint only keeps the message under the hash of its plain text; the same one again is nothing
new.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kit.ids import new_id
from services.gateway.channels.wecom_crypto import CallbackRefused, Envelope
from services.gateway.tables import CallbackRow

MAX_CALLBACK_BYTES: Final = 256 * 1024

XML_BROKEN: Final = -40002
_FRESH: Final = timedelta(seconds=600)


def open_post(envelope: Envelope, query: dict[str, str], body: bytes, now: datetime) -> CallbackRow:
    """The inbox row of one POST.

    Raises:
        CallbackRefused: it is not WeCom's, not for us, too old or not readable.
    """
    if len(body) > MAX_CALLBACK_BYTES:
        raise CallbackRefused(XML_BROKEN, "the body is too large")
    encrypted = _read(body).findtext("Encrypt", "")
    plaintext = open_sealed(envelope, query, encrypted)
    _require_fresh(query["timestamp"], now)
    message = _read(plaintext)
    event = message.findtext("Event", "") or message.findtext("MsgType", "")
    agentid = message.findtext("AgentID", "")
    return CallbackRow(
        callback_id=new_id("cb", now),
        channel="wecom",
        content_hash=hashlib.sha256(plaintext).digest(),
        agentid=int(agentid) if agentid.isdecimal() else 0,
        event=event,
        plaintext=plaintext.decode(errors="replace"),
        received_at=now,
    )


def open_sealed(envelope: Envelope, query: dict[str, str], encrypted: str) -> bytes:
    """The plain text of what a signed query came with."""
    return envelope.open(
        query.get("msg_signature", ""),
        query.get("timestamp", ""),
        query.get("nonce", ""),
        encrypted,
    )


def _require_fresh(timestamp: str, now: datetime) -> None:
    if not timestamp.isdecimal() or abs(now.timestamp() - int(timestamp)) > _FRESH.total_seconds():
        raise CallbackRefused(XML_BROKEN, "the callback is too old or from the future")


def _read(content: bytes) -> Element:
    try:
        root: Element = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise CallbackRefused(XML_BROKEN, "the XML cannot be read") from error
    return root
