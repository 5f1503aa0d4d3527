from kit.telemetry import strike_out_secrets


def test_what_sounds_like_a_secret_never_reaches_a_log() -> None:
    event = strike_out_secrets(
        None,
        "info",
        {"access_token": "t", "corpsecret": "s", "phone": "13800001111", "method": "Send"},
    )
    assert event == {"access_token": "***", "corpsecret": "***", "phone": "***", "method": "Send"}
