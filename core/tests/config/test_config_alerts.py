"""`[alerts]`: every mistake with file and key, no secret shown."""

from pathlib import Path

import pytest

from crossdock.config import load_config, secret_values, survey_config

MAILS = """
    [alerts]
    silence = 5
    [alerts.email.operators]
    to = ["ada@example.org", "night-shift@example.org"]
    from = "crossdock@example.org"
    host = { env = "ALERTS_HOST" }
    user = "crossdock"
    password = { env = "ALERTS_PASSWORD" }
    every = "1h"
    codes = ["connection_paused", "unmapped_*"]
    [alerts.webhook.pager]
    url = { env = "ALERTS_URL" }
    secret = { file = "hook.key" }
"""
URL = "https://hooks.example.org/services/T0000/B0000/XXXXXXXXXXXX"


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALERTS_HOST", "smtp.example.org")
    monkeypatch.setenv("ALERTS_PASSWORD", "the-mail-password")
    monkeypatch.setenv("ALERTS_URL", URL)
    (tmp_path / "hook.key").write_text("the-key-of-signatures\n")


def mistakes_in(path: Path) -> dict[str, str]:
    return {mistake.key: str(mistake) for mistake in survey_config(path)[1]}


def an_email(**changed: str) -> str:
    written = {"to": '["ada@example.org"]', "from": '"crossdock@example.org"', "host": '"localhost"', **changed}
    lines = "\n".join(f"{key} = {value}" for key, value in written.items() if value)
    return f"[alerts.email.ops]\n{lines}\n"


def test_receivers_are_read_with_sensible_defaults(write, good):
    alerts = load_config(write(good + MAILS.replace("    ", ""))).alerts
    email, webhook = alerts.email["operators"], alerts.webhook["pager"]
    assert (alerts.silence, email.every.seconds, webhook.every.seconds) == (5, 3600, 900)
    assert (email.security, email.server_port) == ("starttls", 587)
    assert list(alerts.receivers) == ["operators", "pager"]


def test_without_the_table_nobody_is_told(write, good):
    alerts = load_config(write(good)).alerts
    assert (alerts.silence, alerts.receivers) == (0, {})


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_security(write, good, security, port):
    config = load_config(write(good + an_email(security=f'"{security}"')))
    assert config.alerts.email["ops"].server_port == port


def test_every_secret_is_known_to_those_who_keep_secrets(write, good):
    secrets = secret_values(load_config(write(good + MAILS.replace("    ", ""))), [])
    assert {"the-mail-password", "the-key-of-signatures", URL} <= secrets
    assert "services/T0000/B0000/XXXXXXXXXXXX" in secrets


def test_a_short_path_is_no_secret_that_would_blot_out_words(write, good, monkeypatch):
    monkeypatch.setenv("ALERTS_URL", "http://127.0.0.1:9/orders")
    assert "orders" not in secret_values(load_config(write(good + MAILS.replace("    ", ""))), [])


@pytest.mark.parametrize(
    ("changed", "key", "said"),
    [
        ({"to": '["ada.example.org"]'}, "alerts.email.ops.to[0]", "a mail address such as"),
        ({"to": '["ada@example.org\\r\\nBcc: all@example.org"]'}, "alerts.email.ops.to[0]", "a mail address such as"),
        ({"to": '["a@b.org, c@d.org"]'}, "alerts.email.ops.to[0]", "a mail address such as"),
        ({"to": "[]"}, "alerts.email.ops.to", "at least one mail address"),
        ({"from": '"crossdock"'}, "alerts.email.ops.from", "a mail address such as"),
        ({"host": ""}, "alerts.email.ops.host", "the key is missing"),
        ({"host": '""'}, "alerts.email.ops.host", "is no host name"),
        ({"host": '"smtp://mail"'}, "alerts.email.ops.host", "is no host name"),
        ({"host": '{ env = "ALERTS_HOTS" }'}, "alerts.email.ops.host", "did you mean 'ALERTS_HOST'?"),
        ({"port": "70000"}, "alerts.email.ops.port", "less than 65536"),
        ({"security": '"startls"'}, "alerts.email.ops.security", "did you mean 'starttls'?"),
        ({"ca_file": '"no.pem"'}, "alerts.email.ops.ca_file", "there is no file"),
        ({"user": '"me"'}, "alerts.email.ops", "user and password together"),
        ({"every": '"0 6 * * *"'}, "alerts.email.ops.every", 'an interval such as "30m"'),
        ({"codes": '["unmaped_carrier"]'}, "alerts.email.ops.codes[0]", "did you mean 'unmapped_carrier'?"),
        ({"codes": '["nothing*"]'}, "alerts.email.ops.codes[0]", "a kind of problem, or a pattern of"),
        ({"clients": '["acne"]'}, "alerts.email.ops.clients[0]", "did you mean 'acme'?"),
        ({"sender": '"a@b.org"'}, "alerts.email.ops.sender", "there is no such key"),
    ],
)
def test_a_mistake_in_a_mail_receiver_is_named(write, good, changed, key, said):
    good += 'client = "acme"\n'
    found = mistakes_in(write(good + an_email(**changed)))
    assert key in found, found
    assert said in found[key]
    assert len(found) == 1


def test_a_password_is_not_sent_in_clear_text(write, good):
    login = {"security": '"none"', "user": '"me"', "password": '{ env = "ALERTS_PASSWORD" }'}
    assert "it is not sent in clear text" in mistakes_in(write(good + an_email(**login)))["alerts.email.ops"]


def test_a_secret_that_stands_in_the_config_is_a_mistake_and_is_not_repeated(write, good):
    text = good + an_email(user='"me"', password='"hunter2hunter2"') + f'[alerts.webhook.pager]\nurl = "{URL}"\n'
    found = mistakes_in(write(text))
    assert found.keys() == {"alerts.email.ops.password", "alerts.webhook.pager.url"}
    assert not any("hunter2" in one or URL in one for one in found.values())


@pytest.mark.parametrize("url", ["hooks.example.org/x", "ftp://hooks.example.org", "https:///hooks", "http://h:99999/"])
def test_an_address_that_cannot_be_called_is_a_mistake_and_is_not_shown(write, good, monkeypatch, url):
    monkeypatch.setenv("ALERTS_URL", url)
    found = mistakes_in(write(good + '[alerts.webhook.pager]\nurl = { env = "ALERTS_URL" }\n'))
    assert "is no web address" in found["alerts.webhook.pager.url"]
    assert url not in found["alerts.webhook.pager.url"]


@pytest.mark.parametrize("silence", ["1", "-1", '"often"'])
def test_silence_is_a_number_of_intervals(write, good, silence):
    assert mistakes_in(write(f"{good}[alerts]\nsilence = {silence}\n")).keys() == {"alerts.silence"}


def test_one_name_stands_for_one_receiver_and_is_written_as_names_are(write, good):
    twice = an_email() + '[alerts.webhook.ops]\nurl = { env = "ALERTS_URL" }\n'
    assert "two receivers called ops" in mistakes_in(write(good + twice))["alerts"]
    odd = an_email().replace("alerts.email.ops", 'alerts.email."Night Shift"')
    assert "the name is 'Night Shift'" in mistakes_in(write(good + odd))['alerts.email."Night Shift"']


def test_a_config_with_a_wrong_receiver_tells_nobody(write, good):
    config, mistakes = survey_config(write(good + an_email(clients='["nobody"]')))
    assert mistakes
    assert config.alerts.receivers == {}


def test_the_schema_knows_the_alerts():
    from crossdock.config import config_schema

    schema = config_schema({})
    assert schema["properties"]["alerts"] == {"$ref": "#/$defs/Alerts"}
    assert schema["$defs"]["EmailReceiver"]["properties"]["every"]["type"] == "string"
