"""Whatever stands in the file, the answer is a config or mistakes, never a crash, and never a secret."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.config import survey_config, survey_connections

SECRET = "hunter-2-hunter"
WORDS = [
    "store", "plugins", "connections", "pipelines", "cart", "main", "url", "extra", "connector", "acme", "depot",
    "broken", "audit", "order_source", "fulfillment_target", "services", "download", "5m", "ship_methods", "inbound",
    "to", "carrier", "distribution_centers", "api_key", "account", "logins", "password", "env", "file", "HOME", "",
    "1.5", "sqlite:///a.db", "postgresql+psycopg://a:b@[c/d", "0 0 * * *", "Größe", "x y",
]  # fmt: skip
word = st.sampled_from(WORDS)
value = st.recursive(
    st.one_of(word, st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(word, inner, max_size=5),
    max_leaves=12,
)
part = st.dictionaries(word, value, max_size=6)
named = st.dictionaries(st.sampled_from(["cart", "main", "Cart", "x y"]), part, max_size=2)
document = st.fixed_dictionaries(
    {}, optional={"store": part, "plugins": part, "connections": named, "pipelines": named, "stor": value}
)


def toml(value: Any) -> str:
    """The value as inline TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value) if isinstance(value, float) else json.dumps(value)


@settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document)
def test_any_toml_gives_a_config_or_mistakes(plugins, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crossdock.toml"
        path.write_text("".join(f"{key} = {toml(inner)}\n" for key, inner in content.items()), encoding="utf-8")
        config, mistakes = survey_config(path)
        connections, more = survey_connections(config, plugins)
        assert all(str(mistake).startswith(str(path)) and mistake.key for mistake in (*mistakes, *more))
        assert connections.keys() <= config.connections.keys()


@settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part, st.sampled_from(["api_key", "logins", "secrets", "more_keys", "api_kye"]))
def test_a_literal_secret_is_in_no_mistake_wherever_it_stands(plugins, connection, key):
    hidden = {"logins": [{"password": SECRET}], "secrets": [SECRET], "more_keys": {"eu": SECRET}}.get(key, SECRET)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crossdock.toml"
        written = {**connection, "connector": "acme", key: hidden}
        path.write_text(f"connections.cart = {toml(written)}\n", encoding="utf-8")
        config, mistakes = survey_config(path)
        _, more = survey_connections(config, plugins)
        assert more
        assert SECRET not in "".join(map(str, (*mistakes, *more))) + repr(config)
