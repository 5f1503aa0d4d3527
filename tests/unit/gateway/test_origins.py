"""What the audit keeps of where a request came from."""

import pytest
from starlette.requests import Request

from services.gateway.origins import browser_and_network

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Safari/537.36"
)
_WECOM = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Mobile/15E148 wxwork/4.1.22 MicroMessenger/7.0.1 Language/zh"
)


@pytest.mark.parametrize(
    ("agent", "address", "kept"),
    [
        (_CHROME, "203.0.113.77", "Chrome · Windows · 203.0.113.0/24"),
        (_WECOM, "2001:db8:1:2::5", "WeCom · iPhone · 2001:db8:1::/48"),
        ("curl/8.0", "203.0.113.77", "203.0.113.0/24"),
        ("", "testclient", ""),
    ],
)
def test_the_audit_keeps_the_browser_and_the_network_and_never_a_whole_address(
    agent: str, address: str, kept: str
) -> None:
    scope = {
        "type": "http",
        "headers": [(b"user-agent", agent.encode())],
        "client": (address, 50_000),
    }
    assert browser_and_network(Request(scope)) == kept
