import json
from collections.abc import Iterator

import pytest

from simulators.journal import Journal
from simulators.wecom.access import authorize
from simulators.wecom.clock import Clock
from simulators.wecom.company import Company
from simulators.wecom.errors import WecomError
from simulators.wecom.sending import send
from simulators.wecom.state import App

NOW = 1_790_000_000.0


@pytest.fixture
def company() -> Iterator[Company]:
    apps = {agentid: App(agentid, f"secret-{agentid}", "工单") for agentid in (1000002, 1000003)}
    company = Company(Clock(lambda: NOW), Journal(None), apps)
    yield company
    company.journal.close()


def test_each_app_has_a_token_of_its_own(company: Company) -> None:
    tokens = {company.tokens.issue(app, NOW)[0] for app in company.apps.values()}
    assert len(tokens) == 2


def test_one_apps_token_cannot_send_in_the_others_name(company: Company) -> None:
    token, _ = company.tokens.issue(company.apps[1000003], NOW)
    caller = authorize(company, "message/send", {"access_token": token}, "127.0.0.1")
    body = {"touser": "lisheji", "agentid": 1000002, "msgtype": "text", "text": {"content": "x"}}
    with pytest.raises(WecomError) as refusal:
        send(company, caller, json.dumps(body).encode(), body)
    assert refusal.value.code == 301002


def test_members_limits_are_counted_for_each_app_apart(company: Company) -> None:
    for _ in range(30):
        assert company.member_limit.admit(1000002, "lisheji", NOW)
    assert not company.member_limit.admit(1000002, "lisheji", NOW)
    assert company.member_limit.admit(1000003, "lisheji", NOW)


def test_an_hour_holds_a_thousand_messages_to_a_member(company: Company) -> None:
    sent = [company.member_limit.admit(1000002, "lisheji", NOW + 3 * n) for n in range(1200)]
    assert sent == [True] * 1000 + [False] * 200
    assert company.member_limit.admit(1000002, "lisheji", NOW + 3601)


def test_too_many_calls_block_an_api_for_its_window_and_no_other(company: Company) -> None:
    company.api_limit.per_minute = 3
    for _ in range(3):
        company.api_limit.count("message/send", NOW)
    with pytest.raises(WecomError) as refusal:
        company.api_limit.count("message/send", NOW)
    assert refusal.value.code == 45009
    company.api_limit.count("user/get", NOW)
    with pytest.raises(WecomError):
        company.api_limit.count("message/send", NOW + 59)
    company.api_limit.count("message/send", NOW + 60)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"trusted_ips": frozenset({"10.0.0.1"})}, 60020),
        ({"denied_apis": frozenset({"message/send"})}, 48002),
    ],
)
def test_a_foreign_address_and_a_missing_right_are_refused(
    company: Company, change: dict[str, frozenset[str]], code: int
) -> None:
    app = company.apps[1000002]
    for name, value in change.items():
        setattr(app, name, value)
    token, _ = company.tokens.issue(app, NOW)
    with pytest.raises(WecomError) as refusal:
        authorize(company, "message/send", {"access_token": token}, "127.0.0.1")
    assert refusal.value.code == code
