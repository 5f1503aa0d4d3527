"""The published and the agreed vectors of WeCom's callback crypto, on the gateway's side."""

from dataclasses import replace

import pytest

from services.gateway.channels.wecom_crypto import (
    BASE64_BROKEN,
    BUFFER_ILLEGAL,
    DECRYPTION_FAILED,
    KEY_ILLEGAL,
    RECEIVER_WRONG,
    SIGNATURE_WRONG,
    CallbackRefused,
    Envelope,
)

PUBLISHED = Envelope("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
OURS = Envelope("SimToken2026", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdef")

V1 = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
V2 = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
N1 = "Q3stYC6hdFzMh9T8HCvyDPHobLavgUgfOCYRbuGl4jinHN7BWUScw57WpMVk7WQ5hZ31wsHL7HAK67j6+hWiCrTZUWZhigV9U88krV61ikvVlJsV58iJ4ikYGNFcuz6QBsTlNJ6d1ZhwhdEO8L7UY/kRolLmDsTo+vfZS0b4mX24EakmPEh80uTVk8W/iyXFbMTBVloCg8F5F2ABtO6Q4pvQ6Z/INPD7PG1iPA6huwYCvKg0r9l+WPls7rP/Tk6J3ozLDVnSQ89jQ6NMXSFSaFQuygAeP5kzEZhkXPJQepVAkH3vpAPL8BnPSucBxAuzfdx+7GvObFInhlQIMU0p3ljackL6Ax7JkY/98pZuAQWwrPIcr85dROUvV2dfdxyvWX0kJ4mndtWoMQStxZ/fYv/gNaJdTZT23jGztQZHmCOwFp/huUBe2C6xvyd69K45HwfORaoqYvdd5oDijK27e7RD/cMSG3DQqKNYYxtBKdc46jr+FmvQ9gypzHHWHURzttx5SRnnNQUz3vqCAKr1l4ez8knJxTRmRPd9dHmVTmx3St7hmREA4/7Lm21HUv98llqh5KSEwiZGmArc2ISnGXo+BxpS56oXvA75xzb+aAOAY+o4UAdg6zwIJJdHCnO5S9ThSUgbuSnocBzK4cSfpXLbFn7ZIDfBY2u2lpte5Qw="
N2 = "Q3stYC6hdFzMh9T8HCvyDKf5xMjJx7zzxVVf3LTgHJVWatGN6JmO8YQBEn+O1Rg2bJYMqvbSo9E+natz4f+JcQ=="
N3 = "Q3stYC6hdFzMh9T8HCvyDL+cRwOgZRo3rWxSpgITm0H+XioZSwYnlmmZCbQg/4Sje/+X0YD41NqU8ufiPy20qxSitLVxq0Ii1eqG2qQ3qzPBonBvPcdfYFSgntg7tulQJOTQzGNX8tL5xTdrGCh+fJhiiJ899HDEk0O8H7oLoYoqZd4oiReBPF3hAJtrLv3AVM2vyOAoqiQ/KW/LUelSmRxpECQ8zU7cQuC5hXgQz3hJHcOcIHRcs9IxWLBPcY2j"
F2 = "Q3stYC6hdFzMh9T8HCvyDKgHjsYgF95B30/SAq2WVXCQogOmQQZOM3fIh8ONl/SEKS3ban/hxN/St0ihGOH93A=="
F3 = "Q3stYC6hdFzMh9T8HCvyDBY+0y+C4NqBKYSicYyc+79e4dMDBOWqSqzLiOpJBw8MrZ1WExYr/KaTWZnb8a5GJw=="


def test_a_published_message_opens() -> None:
    text = PUBLISHED.open(
        "477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149", V1
    ).decode()
    assert "<Content><![CDATA[hello]]></Content>" in text
    assert "<AgentID>218</AgentID>" in text


def test_a_published_echo_opens() -> None:
    echo = PUBLISHED.open("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780", V2)
    assert echo == b"1616140317555161061"


def test_a_tap_on_a_card_opens() -> None:
    text = OURS.open("7b078cf31c1b94a275f82c860483d79b7fdeab53", "1760000001", "nonce0001", N1)
    assert "<EventKey><![CDATA[accept:WO-1001]]></EventKey>" in text.decode()


def test_our_echo_opens() -> None:
    echo = OURS.open("3a841b5bf963c3bcb0a6aea73a23beb925ab438b", "1760000002", "nonce0002", N2)
    assert echo == b"1234567890123456789"


def test_a_robots_message_opens_for_an_empty_receiver() -> None:
    robot = replace(OURS, receiver_id="")
    text = robot.open("b9291ec83b185ffa89d2f605c93731784a2e7839", "1760000003", "nonce0003", N3)
    assert "@bot 报修 空调漏水" in text.decode()


@pytest.mark.parametrize(
    ("signature", "timestamp", "nonce", "encrypted", "code"),
    [
        (
            "0697a5cd3987fcc91e2888c3019f92629c8d2e88",
            "1760000006",
            "nonce0006",
            N1,
            SIGNATURE_WRONG,
        ),
        ("ef7c882874e71d53ff70388e361cc3c4eb26e7cb", "1760000007", "nonce0007", F2, RECEIVER_WRONG),
        ("2d2556d6df8b206358a4af2597018d6d17dd500f", "1760000008", "nonce0008", F3, BUFFER_ILLEGAL),
    ],
    ids=["F1-signature", "F2-receiver", "F3-length"],
)
def test_what_is_not_ours_is_refused_by_the_official_number(
    signature: str, timestamp: str, nonce: str, encrypted: str, code: int
) -> None:
    with pytest.raises(CallbackRefused) as refused:
        OURS.open(signature, timestamp, nonce, encrypted)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("encrypted", "code"),
    [("not base64!", BASE64_BROKEN), ("", DECRYPTION_FAILED), ("YWJj", DECRYPTION_FAILED)],
)
def test_broken_ciphertext_is_refused_even_when_it_is_signed(encrypted: str, code: int) -> None:
    signature = OURS._signature("1", "n", encrypted)
    with pytest.raises(CallbackRefused) as refused:
        OURS.open(signature, "1", "n", encrypted)
    assert refused.value.code == code


def test_a_key_of_the_wrong_length_is_named() -> None:
    broken = replace(OURS, encoding_aes_key="short")
    with pytest.raises(CallbackRefused) as refused:
        broken.open(broken._signature("1", "n", N2), "1", "n", N2)
    assert refused.value.code == KEY_ILLEGAL


def test_the_key_is_not_shown() -> None:
    assert OURS.encoding_aes_key not in repr(OURS)
