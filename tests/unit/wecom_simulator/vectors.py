"""Public and generated vectors of WeCom's callback sealing: what opens, and what must not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vector:
    name: str
    token: str
    aes_key: str
    receiveid: str
    timestamp: str
    nonce: str
    signature: str
    encrypted: str
    plaintext: str = ""
    error: int = 0


_SAMPLE = ("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
_OURS = ("SimToken2026", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdef")

OPENING = [
    Vector(
        "echostr of the documentation",
        *_SAMPLE,
        timestamp="1409659589",
        nonce="263014780",
        signature="5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        encrypted=(
            "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZ"
            "XvnaqQ=="
        ),
        plaintext=("1616140317555161061"),
    ),
    Vector(
        "card event",
        *_OURS,
        timestamp="1760000001",
        nonce="nonce0001",
        signature="7b078cf31c1b94a275f82c860483d79b7fdeab53",
        encrypted=(
            "Q3stYC6hdFzMh9T8HCvyDPHobLavgUgfOCYRbuGl4jinHN7BWUScw57WpMVk7WQ5hZ31wsHL7HAK67j6"
            "+hWiCrTZUWZhigV9U88krV61ikvVlJsV58iJ4ikYGNFcuz6QBsTlNJ6d1ZhwhdEO8L7UY/kRolLmDsTo"
            "+vfZS0b4mX24EakmPEh80uTVk8W/iyXFbMTBVloCg8F5F2ABtO6Q4pvQ6Z/INPD7PG1iPA6huwYCvKg0"
            "r9l+WPls7rP/Tk6J3ozLDVnSQ89jQ6NMXSFSaFQuygAeP5kzEZhkXPJQepVAkH3vpAPL8BnPSucBxAuz"
            "fdx+7GvObFInhlQIMU0p3ljackL6Ax7JkY/98pZuAQWwrPIcr85dROUvV2dfdxyvWX0kJ4mndtWoMQSt"
            "xZ/fYv/gNaJdTZT23jGztQZHmCOwFp/huUBe2C6xvyd69K45HwfORaoqYvdd5oDijK27e7RD/cMSG3DQ"
            "qKNYYxtBKdc46jr+FmvQ9gypzHHWHURzttx5SRnnNQUz3vqCAKr1l4ez8knJxTRmRPd9dHmVTmx3St7h"
            "mREA4/7Lm21HUv98llqh5KSEwiZGmArc2ISnGXo+BxpS56oXvA75xzb+aAOAY+o4UAdg6zwIJJdHCnO5"
            "S9ThSUgbuSnocBzK4cSfpXLbFn7ZIDfBY2u2lpte5Qw="
        ),
        plaintext=(
            "<xml><ToUserName><![CDATA[ww0123456789abcdef]]></ToUserName><FromUserName><![CDA"
            "TA[zhangsan]]></FromUserName><CreateTime>1760000000</CreateTime><MsgType><![CDAT"
            "A[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey><![C"
            "DATA[accept:WO-1001]]></EventKey><TaskId><![CDATA[WO-1001_1]]></TaskId><CardType"
            "><![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[RC_0001]]></Res"
            "ponseCode><AgentID>1000002</AgentID></xml>"
        ),
    ),
    Vector(
        "echostr",
        *_OURS,
        timestamp="1760000002",
        nonce="nonce0002",
        signature="3a841b5bf963c3bcb0a6aea73a23beb925ab438b",
        encrypted=(
            "Q3stYC6hdFzMh9T8HCvyDKf5xMjJx7zzxVVf3LTgHJVWatGN6JmO8YQBEn+O1Rg2bJYMqvbSo9E+natz"
            "4f+JcQ=="
        ),
        plaintext=("1234567890123456789"),
    ),
    Vector(
        "JSON for an AI bot, empty receiveid",
        *_OURS[:2],
        "",
        timestamp="1760000003",
        nonce="nonce0003",
        signature="b9291ec83b185ffa89d2f605c93731784a2e7839",
        encrypted=(
            "Q3stYC6hdFzMh9T8HCvyDL+cRwOgZRo3rWxSpgITm0H+XioZSwYnlmmZCbQg/4Sje/+X0YD41NqU8ufi"
            "Py20qxSitLVxq0Ii1eqG2qQ3qzPBonBvPcdfYFSgntg7tulQJOTQzGNX8tL5xTdrGCh+fJhiiJ899HDE"
            "k0O8H7oLoYoqZd4oiReBPF3hAJtrLv3AVM2vyOAoqiQ/KW/LUelSmRxpECQ8zU7cQuC5hXgQz3hJHcOc"
            "IHRcs9IxWLBPcY2j"
        ),
        plaintext=(
            '{"msgid":"m1","aibotid":"b1","chattype":"group","chatid":"wr1","from":{"userid":'
            '"zhangsan"},"msgtype":"text","text":{"content":"@bot 报修 空调漏水"}}'
        ),
    ),
]

REFUSED = [
    Vector(
        "tampered signature",
        *_OURS,
        timestamp="1760000006",
        nonce="nonce0006",
        signature="0697a5cd3987fcc91e2888c3019f92629c8d2e88",
        encrypted=(
            "Q3stYC6hdFzMh9T8HCvyDPHobLavgUgfOCYRbuGl4jinHN7BWUScw57WpMVk7WQ5hZ31wsHL7HAK67j6"
            "+hWiCrTZUWZhigV9U88krV61ikvVlJsV58iJ4ikYGNFcuz6QBsTlNJ6d1ZhwhdEO8L7UY/kRolLmDsTo"
            "+vfZS0b4mX24EakmPEh80uTVk8W/iyXFbMTBVloCg8F5F2ABtO6Q4pvQ6Z/INPD7PG1iPA6huwYCvKg0"
            "r9l+WPls7rP/Tk6J3ozLDVnSQ89jQ6NMXSFSaFQuygAeP5kzEZhkXPJQepVAkH3vpAPL8BnPSucBxAuz"
            "fdx+7GvObFInhlQIMU0p3ljackL6Ax7JkY/98pZuAQWwrPIcr85dROUvV2dfdxyvWX0kJ4mndtWoMQSt"
            "xZ/fYv/gNaJdTZT23jGztQZHmCOwFp/huUBe2C6xvyd69K45HwfORaoqYvdd5oDijK27e7RD/cMSG3DQ"
            "qKNYYxtBKdc46jr+FmvQ9gypzHHWHURzttx5SRnnNQUz3vqCAKr1l4ez8knJxTRmRPd9dHmVTmx3St7h"
            "mREA4/7Lm21HUv98llqh5KSEwiZGmArc2ISnGXo+BxpS56oXvA75xzb+aAOAY+o4UAdg6zwIJJdHCnO5"
            "S9ThSUgbuSnocBzK4cSfpXLbFn7ZIDfBY2u2lpte5Qw="
        ),
        error=-40001,
    ),
    Vector(
        "other receiveid",
        *_OURS,
        timestamp="1760000007",
        nonce="nonce0007",
        signature="ef7c882874e71d53ff70388e361cc3c4eb26e7cb",
        encrypted=(
            "Q3stYC6hdFzMh9T8HCvyDKgHjsYgF95B30/SAq2WVXCQogOmQQZOM3fIh8ONl/SEKS3ban/hxN/St0ih"
            "GOH93A=="
        ),
        error=-40005,
    ),
    Vector(
        "msg_len larger than buffer",
        *_OURS,
        timestamp="1760000008",
        nonce="nonce0008",
        signature="2d2556d6df8b206358a4af2597018d6d17dd500f",
        encrypted=(
            "Q3stYC6hdFzMh9T8HCvyDBY+0y+C4NqBKYSicYyc+79e4dMDBOWqSqzLiOpJBw8MrZ1WExYr/KaTWZnb"
            "8a5GJw=="
        ),
        error=-40008,
    ),
]

# A posted message whose plaintext is a long XML; its fields are what matters.
POSTED_TEXT = Vector(
    "text message of the documentation",
    *_SAMPLE,
    timestamp="1409659813",
    nonce="1372623149",
    signature="477715d11cdb4164915debcba66cb864d751f3e6",
    encrypted=(
        "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHH"
        "hGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4a"
        "SknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP"
        "7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8"
        "V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p"
        "8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
    ),
)

# Deterministic: random16 is given, so that encryption itself can be compared.
RANDOM16 = b"1234567890123456"
SEALED = Vector(
    "deterministic encryption",
    *("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a"),
    timestamp="1411525903",
    nonce="461056294",
    signature="407518b7649e86ef23978113f92d27afa9296533",
    encrypted=(
        "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrlu"
        "LBYqxgNcBqGsL8GqxlhZgURnAtObvesEl5nZ+uBE8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkM"
        "KCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsDf03oxI1p9FxUgMnw"
        "KKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vW"
        "wi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3"
    ),
    plaintext=(
        "<xml>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[test]]></Content>\n<F"
        "romUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>\n<ToUserName><![CDATA[m"
        "essense]]></ToUserName>\n<AgentID>1</AgentID>\n<CreateTime>1411525903</CreateTime>"
        "\n</xml>"
    ),
)
