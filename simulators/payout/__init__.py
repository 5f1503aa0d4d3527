"""A sandbox of WeChat Pay's merchant transfer 商家转账 (2025): a real server, never the real service.

It speaks the published protocol and shares no code with the product, so that the two check each
other: signed requests and replies, a payee who has to confirm in the app, money that goes back
after 24 hours, notifications that are signed and sealed. No money is anywhere near it.
"""
