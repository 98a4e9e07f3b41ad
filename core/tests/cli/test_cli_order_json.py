"""`crossdock orders show --json`: the whole story as one object, for programs and for those who write expressions."""

import asyncio
import json

from crossdock.mapping import document_of, search
from crossdock.store import open_store
from crossdock.store.queries import the_order
from crossdock.store.stories import order_story


def shipped(systems):
    return json.loads(systems.crossdock("orders", "list", "--state", "shipped", "--limit", "1", "--json").stdout)[0]


def test_the_whole_story_is_one_object(finished):
    order = shipped(finished)
    story = json.loads(finished.crossdock("orders", "show", order["number"], "--json").stdout)
    assert story["order"] == order
    assert {"release", "acknowledge", "confirm"} <= {one["kind"] for one in story["promises"]}
    release = next(one for one in story["promises"] if one["kind"] == "release")
    assert release["document"] == story["requests"][0]
    assert story["shipments"][0]["shipment"]["package"]["tracking_number"]
    assert story["exchanges"]
    assert not any({"request", "answer"} & one.keys() for one in story["exchanges"])
    assert "raw" not in story


def test_bodies_and_the_record_of_the_cart_are_in_it_in_full_only(finished):
    number = shipped(finished)["number"]
    told = finished.crossdock("orders", "show", number, "--json", "--full").stdout
    story = json.loads(told)
    assert json.loads(story["raw"])["ID"]
    assert any(one["request"] for one in story["exchanges"])
    assert not any(secret in told for secret in finished.secrets)


def test_its_document_is_the_order_as_expressions_see_it(finished):
    order = shipped(finished)

    async def document():
        async with open_store(f"sqlite:///{finished.crossdock.folder}/crossdock.db") as store:
            found = await store.read(the_order, order["number"])
            return document_of((await store.read(order_story, found.id)).document)

    seen = asyncio.run(document())
    told = json.loads(finished.crossdock("orders", "show", order["number"], "--json").stdout)["document"]
    assert told == seen
    assert search("ship_to.country", told) == search("ship_to.country", seen)


def test_an_order_that_cannot_be_found_is_a_sentence(finished):
    told = finished.crossdock("orders", "show", "no-such-number", "--json")
    assert (told.returncode, told.stdout) == (2, "")
    assert "there is no order" in told.stderr


def test_check_plugins_and_preview_speak_json(finished):
    checked = json.loads(finished.crossdock("check", "--json").stdout)
    assert (checked["well"], checked["mistakes"], checked["store"]["error"]) == (True, [], "")
    plugins = {one["name"]: one for one in json.loads(finished.crossdock("plugins", "list", "--json").stdout)}
    assert plugins["channeladvisor"]["state"] == "ready"
    steps = json.loads(finished.crossdock("plugins", "why", "warehouseos", "--json").stdout)
    assert {"check", "state", "detail", "advice"} == steps[0].keys()
    (finished.crossdock.folder / "wrong.toml").write_text("[stor]\n")
    wrong = finished.crossdock("check", "--json", "--config", "wrong.toml")
    assert (wrong.returncode, json.loads(wrong.stdout)["mistakes"][0]["nearest"]) == (1, "store")


def test_preview_tells_every_request_to_the_byte(systems):
    orders = json.loads(systems.crossdock("preview", "--json", "--limit", "5").stdout)
    assert len(orders) == 5
    ready = next(one for one in orders if one["state"] == "ready")
    assert json.loads(ready["requests"][0]["call"]["content"])
