from dataclasses import replace

import pytest
from pydantic import BaseModel, SecretStr, field_validator, model_validator

from crossdock.config import (
    ConfigMistakes,
    load_config,
    secret_values,
    survey_config,
    survey_connections,
    validate_connections,
)

KEY = "k-9f8e7d6c"


def mistakes_in(path, plugins) -> dict[str, str]:
    config, found = survey_config(path)
    assert not found
    return {mistake.key: str(mistake) for mistake in survey_connections(config, plugins)[1]}


def with_cart(good: str, line: str) -> str:
    return good.replace('account = "A-1"', line)


def test_settings_are_valid_and_secrets_resolved(write, good, plugins):
    connections = validate_connections(load_config(write(good)), plugins)
    assert connections["cart"].settings.account == "A-1"
    assert connections["cart"].settings.api_key.get_secret_value() == KEY
    assert connections["warehouse"].connector == "depot"


def test_any_text_may_be_a_reference(write, good, plugins):
    write("from-a-file\n", "secrets/account")
    config = load_config(write(with_cart(good, 'account = { file = "secrets/account" }')))
    assert validate_connections(config, plugins)["cart"].settings.account == "from-a-file"


def test_references_reach_into_tables_and_lists(write, good, plugins):
    more = """account = "A-1"
        logins = [{ user = "ann", password = { env = "CONFIG_TEST_KEY" } }]
        more_keys = { eu = { env = "CONFIG_TEST_KEY" } }
        secrets = [{ env = "CONFIG_TEST_KEY" }]"""
    settings = validate_connections(load_config(write(with_cart(good, more))), plugins)["cart"].settings
    assert settings.logins[0].password.get_secret_value() == KEY
    assert settings.more_keys["eu"].get_secret_value() == KEY
    assert settings.secrets[0].get_secret_value() == KEY


def test_secret_values_are_collected_for_redaction(write, good, plugins):
    config = load_config(write(good))
    connections = validate_connections(config, plugins)
    assert secret_values(config, (one.settings for one in connections.values())) == {KEY}


def test_the_password_of_the_database_is_a_secret_in_both_spellings(write, good, monkeypatch):
    monkeypatch.setenv("CONFIG_TEST_DB", "postgresql+psycopg://me:p%40ss@db/orders")
    config = load_config(write("[store]\nurl = { env = 'CONFIG_TEST_DB' }"))
    assert secret_values(config, ()) == {"p%40ss", "p@ss"}
    assert "ss" not in repr(config.store)


def test_a_literal_password_of_the_database_is_refused_unseen(write):
    [mistake] = survey_config(write("store.url = 'postgresql+psycopg://me:hunter22@db/orders'"))[1]
    assert "{ env = " in mistake.allowed
    assert "hunter22" not in str(mistake)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('api_key = "hunter22"', "connections.cart.api_key"),
        ("api_key = 22222222", "connections.cart.api_key"),
        ('api_key = { evn = "hunter22" }', "connections.cart.api_key"),
        ('api_key = { env = "A", file = "hunter22" }', "connections.cart.api_key"),
        ('secrets = ["hunter22"]', "connections.cart.secrets[0]"),
        ('secrets = "hunter22"', "connections.cart.secrets"),
        ('more_keys = { eu = "hunter22" }', "connections.cart.more_keys.eu"),
        ('logins = [{ user = "a", password = "hunter22" }]', "connections.cart.logins[0].password"),
    ],
)
def test_a_literal_secret_is_refused_and_never_shown(write, good, plugins, line, key):
    if line.startswith("api_key"):
        text = good.replace('api_key = { env = "CONFIG_TEST_KEY" }', line)
    else:
        text = with_cart(good, f'account = "A-1"\n{line}')
    told = mistakes_in(write(text), plugins)
    assert list(told) == [key]
    assert "secret stands in the config" in told[key]
    assert "22" not in told[key]


def test_a_config_never_shows_what_its_connections_hold(write, good, plugins):
    config = load_config(write(good.replace('{ env = "CONFIG_TEST_KEY" }', '"hunter22"')))
    assert "hunter22" not in repr(config)
    assert KEY not in repr(validate_connections(load_config(write(good)), plugins))


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ('{ env = "CONFIG_TEST_KYE" }', "did you mean 'CONFIG_TEST_KEY'?"),
        ('{ env = "CONFIG_TEST_EMPTY" }', "is empty"),
        ('{ file = "nowhere.txt" }', "there is no file"),
        ('{ file = "empty.txt" }', "is empty"),
        ('{ file = "." }', "cannot be read"),
        ('{ file = "binary.txt" }', "not UTF-8"),
    ],
)
def test_a_reference_that_leads_nowhere_is_one_mistake(write, good, plugins, monkeypatch, tmp_path, reference, told):
    monkeypatch.setenv("CONFIG_TEST_EMPTY", "")
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe")
    found = mistakes_in(write(good.replace('{ env = "CONFIG_TEST_KEY" }', reference)), plugins)
    assert list(found) == ["connections.cart.api_key"]
    assert told in found["connections.cart.api_key"]


def test_every_mistake_of_every_connection_is_said_at_once(write, good, plugins):
    text = good.replace('"depot"', '"depott"').replace('{ env = "CONFIG_TEST_KEY" }', '{ env = "CONFIG_TEST_NONE" }')
    config = load_config(write(with_cart(text, 'acount = "A-1"\npages = 0')))
    with pytest.raises(ConfigMistakes) as caught:
        validate_connections(config, plugins)
    told = {mistake.key: mistake for mistake in caught.value.mistakes}
    assert set(told) == {
        "connections.warehouse.connector",
        "connections.cart.acount",
        "connections.cart.account",
        "connections.cart.pages",
        "connections.cart.api_key",
    }
    assert told["connections.warehouse.connector"].nearest == "depot"
    assert told["connections.cart.acount"].nearest == "account"
    assert "The account number" in told["connections.cart.account"].advice
    assert told["connections.cart.pages"].found == "0"


def test_a_closed_settings_model_names_its_keys(write, good, plugins):
    told = mistakes_in(write(good.replace('"depot"', '"depot"\nsiet = "x"')), plugins)
    assert told == {"connections.warehouse.siet": told["connections.warehouse.siet"]}
    assert "did you mean 'site'?" in told["connections.warehouse.siet"]


def test_a_role_needs_a_connector_that_has_it(write, good, plugins):
    told = mistakes_in(write(good.replace('fulfillment_target = "warehouse"', 'fulfillment_target = "cart"')), plugins)
    assert "a connection that can: warehouse" in told["pipelines.main.fulfillment_target"]
    assert "acme can be an order source" in told["pipelines.main.fulfillment_target"]


def test_a_quarantined_plugin_is_no_mistake_and_the_rest_runs(write, good, plugins):
    config = load_config(write(good.replace('"depot"', '"broken"')))
    assert set(validate_connections(config, plugins)) == {"cart"}


def test_an_extension_is_no_connector(write, good, plugins):
    told = mistakes_in(write(good.replace('"depot"', '"audit"')), plugins)
    assert 'extra = ["audit"]' in told["connections.warehouse.connector"]


def test_an_unknown_extension_is_answered_with_the_nearest(write, good, plugins):
    assert "'audit'" in mistakes_in(write(f"plugins.extra = ['adit']\n{good}"), plugins)["plugins.extra"]


class Talkative(BaseModel):
    """Validators that say the secret, as careless plugins do."""

    token: SecretStr
    region: str = ""

    @field_validator("token")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 20:
            raise ValueError(f"{value.get_secret_value()} is too short")
        return value

    @field_validator("region")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == "crash":
            raise RuntimeError("a bug in the plugin")
        return value

    @model_validator(mode="after")
    def _together(self) -> "Talkative":
        raise ValueError(f"{self.token.get_secret_value()} does not belong to {self.region}")


@pytest.mark.parametrize(
    ("key", "line", "told"),
    [
        ("short-secret", "", "*** is too short"),
        ("a-long-secret-of-30-characters", "region = 'eu'", "*** does not belong to eu"),
        ("a-long-secret-of-30-characters", "region = 'crash'", "RuntimeError"),
    ],
)
def test_a_validator_that_says_a_secret_is_veiled(write, plugins, monkeypatch, key, line, told):
    talkative = {"acme": replace(plugins.connectors["acme"], settings=Talkative)}
    monkeypatch.setenv("CONFIG_TEST_KEY", key)
    text = f"[connections.cart]\nconnector = 'acme'\ntoken = {{ env = 'CONFIG_TEST_KEY' }}\n{line}"
    [mistake] = mistakes_in(write(text), replace(plugins, connectors=talkative)).values()
    assert told in mistake
    assert key not in mistake


def test_a_referenced_value_that_does_not_fit_is_never_shown_not_even_in_part(write, good, plugins, monkeypatch):
    monkeypatch.setenv("CONFIG_TEST_LONG", "hunter-" * 20)
    told = mistakes_in(write(with_cart(good, 'account = "A"\npages = { env = "CONFIG_TEST_LONG" }')), plugins)
    assert list(told) == ["connections.cart.pages"]
    assert "hunter" not in told["connections.cart.pages"]


class Together(BaseModel):
    token: SecretStr

    @model_validator(mode="after")
    def _real(self) -> "Together":
        if len(self.token.get_secret_value()) < 20:
            raise ValueError("the token is too short")
        return self


def test_a_missing_secret_brings_no_follow_up_about_the_whole_table(write, plugins):
    strict = replace(plugins, connectors={"acme": replace(plugins.connectors["acme"], settings=Together)})
    text = "[connections.cart]\nconnector = 'acme'\ntoken = {{ env = '{}' }}"
    assert list(mistakes_in(write(text.format("CONFIG_TEST_NONE")), strict)) == ["connections.cart.token"]
    assert list(mistakes_in(write(text.format("CONFIG_TEST_KEY")), strict)) == ["connections.cart"]
