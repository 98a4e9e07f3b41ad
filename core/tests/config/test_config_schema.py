import json

from crossdock.config import config_schema, parse_schedule


def follow(schema: dict, *path: str) -> dict:
    place = schema
    for part in path:
        place = place[part]
        while "$ref" in place and len(place) == 1:
            name = place["$ref"].removeprefix("#/$defs/")
            place = schema["$defs"][name]
    return place


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def settings_of(schema: dict, connector: str) -> dict:
    choices = follow(schema, "properties", "connections")["additionalProperties"]["anyOf"]
    [found] = [one for one in choices if one["properties"]["connector"]["const"] == connector]
    return found


def test_every_reference_of_the_schema_leads_somewhere(plugins):
    schema = config_schema(plugins.connectors)
    names = {one.removeprefix("#/$defs/") for one in references(schema)}
    assert names
    assert names <= schema["$defs"].keys()
    json.dumps(schema)


def test_a_connection_has_the_settings_of_its_connector(plugins):
    acme = settings_of(config_schema(plugins.connectors), "acme")
    assert {"connector", "account", "api_key", "pages"} <= acme["properties"].keys()
    assert set(acme["required"]) == {"connector", "account", "api_key"}
    assert acme["additionalProperties"] is False
    assert acme["properties"]["pages"]["minimum"] == 1


def test_text_may_be_a_reference_and_a_secret_must_be_one(plugins):
    schema = config_schema(plugins.connectors)
    acme = settings_of(schema, "acme")
    assert acme["properties"]["api_key"]["$ref"] == "#/$defs/Reference"
    assert {"$ref": "#/$defs/Reference"} in acme["properties"]["account"]["anyOf"]
    assert acme["properties"]["account"]["description"] == "The account number."
    assert schema["$defs"]["settings.Login"]["properties"]["password"]["$ref"] == "#/$defs/Reference"


def test_settings_models_of_one_name_do_not_clash(plugins):
    from dataclasses import replace

    from pydantic import BaseModel, create_model

    twins: list[type[BaseModel]] = [create_model("Store", one=(str, ...)), create_model("Store", two=(int, ...))]
    pair = {str(n): replace(plugins.connectors["acme"], name=str(n), settings=twin) for n, twin in enumerate(twins)}
    schema = config_schema(pair)
    assert "one" in settings_of(schema, "0")["properties"]
    assert "two" in settings_of(schema, "1")["properties"]
    assert "url" in follow(schema, "properties", "store")["properties"]


def test_the_tables_are_closed_and_described(plugins):
    schema = config_schema({})
    pipeline = follow(schema, "properties", "pipelines")["additionalProperties"]
    pipeline = schema["$defs"][pipeline["$ref"].removeprefix("#/$defs/")]
    assert pipeline["additionalProperties"] is False
    assert all(about.get("description") for about in pipeline["properties"].values())
    services = schema["$defs"]["Services"]["properties"]
    assert all(parse_schedule(one["default"]) for one in services.values())
