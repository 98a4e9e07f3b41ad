"""Who is told when something waits for a person, as stories: mails and calls, how often, and when nothing happens."""

import json
from datetime import timedelta
from email.message import EmailMessage

from world import Line, World
from world.reading import data, problems, read
from world.receivers import KEY, mails, program

from crossdock.config.models import Services

UNKNOWN = Line("SKU-9999")
"""The warehouse has no such item."""


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def text_of(mail: EmailMessage) -> str:
    """What a person reads, as one line of words."""
    return " ".join(mail.get_content().split())


def only(world: World, *services: str) -> None:
    """Every other service is off."""
    world.pipeline["services"] = {name: "1m" if name in services else "off" for name in Services.model_fields}


def test_fifty_orders_of_one_cause_are_one_mail_that_says_what_to_do(world: World) -> None:
    only(world, "download", "release")
    for number in range(50):
        world.cart.sells(f"A-{number}", UNKNOWN)
    with mails(world) as server:
        world.run()
        world.run(later=minutes(5))

    [mail] = server.mails
    assert server.to == [["ada@example.org"]]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"].startswith("crossdock: The warehouse refuses order A-0: SKU SKU-9999 is not an item")
    assert mail["Subject"].endswith("(and 49 other problems)")
    text = text_of(mail)
    assert "50 new problems wait for a person. 1. Release refused, 50 times" in text
    [first] = data(world, "problems", "list")
    assert f"`crossdock problems retry --like {first['id']}`" in text, "the mail names the command for all of them"
    assert f"Look: crossdock problems show {first['id']}" in text
    assert "In all, 50 problems are open:" in text
    assert "2." not in text.replace("2.0", ""), "one cause is one paragraph"


def test_what_comes_within_the_interval_is_told_together_and_each_receiver_has_its_own(world: World) -> None:
    only(world, "download", "release")
    with mails(world, every="15m") as server, program(world, every="1h") as called:
        for ten_minutes in range(7):
            world.cart.sells(f"A-{ten_minutes}", UNKNOWN)
            world.run(later=minutes(10 * ten_minutes))
        world.run(later=minutes(200))

    assert [call["new_problems"] for call in called.calls] == [1, 6]
    said = [text_of(mail).partition(" wait")[0] for mail in server.mails]
    assert said == ["1 new problem", "2 new problems", "2 new problems", "2 new problems"]


def test_what_was_settled_is_told_in_one_line_of_the_next_mail_and_what_passed_by_itself_never(world: World) -> None:
    with mails(world) as server:
        world.cart.sells("A-1", UNKNOWN)
        world.cart.sells("A-2", Line("SKU-0001"), ShippingAddressLine1="")
        world.run()
        order = world.cart.sells("A-3", Line("SKU-0001"), ShippingAddressLine1="")
        world.run(later=minutes(1))
        world.cart.changes(order, ShippingAddressLine1="1 Main Street")
        world.warehouse.ask("/_items", ["SKU-9999"])
        read(world, "problems", "retry", "--code", "release_refused")
        world.run(later=minutes(2))
        world.cart.sells("A-4", Line("SKU-8888"))
        world.run(later=minutes(20))

    first, second = map(text_of, server.mails)
    assert "2 new problems wait" in first
    assert "1 new problem waits" in second
    assert "SKU-8888" in second
    assert "Since the last message 1 problem that was told of is closed." in second
    assert "A-3" not in second
    assert "In all, 2 problems are open:" in second


def test_program_gets_what_people_read_as_data_and_its_call_is_signed(world: World) -> None:
    world.pipeline["client"] = "acme"
    world.cart.sells("A-1", UNKNOWN)
    world.cart.sells("A-2", UNKNOWN)
    with program(world, clients=["acme"]) as called:
        world.run()
        [call] = called.calls
        assert (call["version"], call["test"], call["clients"]) == (1, False, ["acme"])
        [group] = call["new"]
        assert (group["code"], group["count"], group["pipelines"]) == ("release_refused", 2, ["main"])
        assert group["example"]["title"].startswith("The warehouse refuses order A-1: SKU SKU-9999")
        assert call["text"].startswith("2 new problems wait for a person.")

        assert "pager took it" in read(world, "alerts", "test", "pager")
        assert called.calls[-1]["test"] is True
        (world.folder / "secrets" / "pager_key").write_text("another-key")
        forged = world.says("alerts", "test", "pager")
    assert (forged.code, len(called.calls)) == (1, 2)
    assert "pager did not take it: it answered 401" in forged.err
    assert "another-key" not in forged.out + forged.err
    assert KEY not in forged.out + forged.err


def test_who_wants_only_some_kinds_or_one_client_is_told_of_those(world: World) -> None:
    world.cart.sells("A-1", UNKNOWN)
    world.cart.sells("A-2", Line("SKU-0001"), ShippingAddressLine1="")
    with program(world, codes=["un*"]) as called:
        world.run()

    [call] = called.calls
    assert [group["code"] for group in call["new"]] == ["unshippable_order"]


def test_what_a_person_ignores_is_never_told(world: World) -> None:
    world.cart.sells("A-1", UNKNOWN)
    world.run()
    [problem] = problems(world)
    read(world, "problems", "resolve", problem.number, "--ignore", "--note", "a test order")
    with mails(world) as server:
        assert read(world, "alerts", "preview") == "ops: there is nothing new."
        world.run(later=minutes(20))
        assert server.mails == []

        read(world, "problems", "reopen", problem.number)
        assert "ops: Subject: crossdock: The warehouse refuses order A-1" in read(world, "alerts", "preview")
        assert server.mails == [], "a preview sends nothing"
        world.run(later=minutes(40))
        assert len(server.mails) == 1


def test_receiver_that_is_broken_is_a_problem_and_the_others_are_told(world: World) -> None:
    only(world, "download", "release")
    world.cart.sells("A-1", UNKNOWN)
    with mails(world) as server, program(world) as called:
        server.answer = "554 not from you"
        world.run()
        assert (server.mails, len(called.calls)) == ([], 1)
        assert "A-1" in world.warehouse.orders() or problems(world), "the work itself went on"
        failed = next(one for one in problems(world) if "Alerts do not reach ops" in one.text)
        assert "refuses the mail (554 not from you)" in failed.text
        assert "`crossdock alerts test ops`" in failed.text
        listed = world.says("alerts", "list")
        assert (listed.code, "554 not from you" in listed.out) == (1, True)
        tried = world.says("alerts", "test", "ops")
        assert (tried.code, "ops did not take it: 127.0.0.1" in tried.err) == (1, True)

        server.answer = ""
        world.cart.sells("A-2", UNKNOWN)
        world.run(later=minutes(20))

    [mail] = server.mails
    assert "2 new problems wait for a person" in text_of(mail), "nothing was lost meanwhile"
    assert world.says("alerts", "list").code == 0
    assert not [one for one in problems(world) if "Alerts do not reach" in one.text]


def test_service_that_does_not_succeed_any_more_is_told_once_and_closes_by_itself(world: World) -> None:
    only(world, "download")
    with mails(world) as server:
        world.settings["alerts"]["silence"] = 5
        world.run()
        world.cart.faults(error_503=1.0)
        world.run(later=minutes(4))
        assert problems(world) == []
        world.run(later=minutes(10))
        world.run(later=minutes(30))

        [silent] = problems(world)
        assert "Order download of pipeline main (download) has not succeeded since" in silent.text
        assert "`crossdock services list` and the log say what fails" in silent.text
        [mail] = server.mails
        assert mail["Subject"].startswith("crossdock: Order download of pipeline main (download) has not succeeded")
        world.cart.faults()
        world.run(later=minutes(50))
        world.run(later=minutes(51))

    assert problems(world) == []


def test_shop_from_which_nothing_comes_for_much_longer_than_usual_is_told(world: World) -> None:
    only(world, "download")
    with mails(world) as server:
        world.settings["alerts"]["silence"] = 5
        for half_hour in range(21):
            world.cart.sells(f"A-{half_hour}", Line("SKU-0001"))
            world.run(later=minutes(30 * half_hour))
        world.run(later=minutes(30 * 24))
        assert server.mails == [], "an hour and a half is nothing unusual"

        world.run(later=minutes(30 * 32))
        [mail] = server.mails
        assert "No new order has come by download of pipeline main since" in mail["Subject"]
        assert "usually it is not longer than 60 minutes" in text_of(mail)

        world.cart.sells("B-1", Line("SKU-0001"))
        world.run(later=minutes(30 * 33))
    assert problems(world) == []


def test_monitor_outside_sees_by_an_exit_code_whether_crossdock_is_well(world: World) -> None:
    (world.folder / "crossdock.db").unlink()
    never = world.says("health")
    assert (never.code, "has never run here" in never.out) == (1, True)

    world.run(later=minutes(-120))
    away = world.says("health")
    assert (away.code, "is `crossdock run` at work?" in away.out) == (1, True)
    assert world.says("health", "--within", "3h").code == 0
    world.run()
    assert "All is well." in read(world, "health")

    (world.folder / "secrets" / "warehouse_key").write_text("not-the-key")
    world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    sick = world.says("health", "--json")
    assert sick.code == 1
    assert "connection warehouse is paused" in json.loads(sick.out)["wrong"][0]
    assert world.says("health", "--alive").code == 0, "a restart would not cure a wrong key"
    (world.folder / "secrets" / "warehouse_key").write_text("sandbox-key")
    world.run()
    assert world.says("health").code == 0


def test_tired_operator_is_told_what_is_wrong_with_the_receivers(world: World) -> None:
    world.run()
    assert "Nobody is told" in read(world, "alerts", "list")
    with mails(world, to=["ada"], codes=["unmaped_*"], clients=["acme"]), program(world):
        (world.folder / "secrets" / "pager_url").write_text("pager.example.org")
        check = mistakes(world)
        assert "alerts.email.ops.to[0] found 'ada' allowed a mail address such as orders@example.org" in check
        assert "found 'unmaped_*'" in check
        world.settings["alerts"]["email"]["ops"] |= {"to": ["ada@example.org"], "codes": ["unmapped_*"]}
        check = mistakes(world)
        assert "no pipeline is of client 'acme'" in check
        assert "alerts.webhook.pager.url" in check
        assert "is no web address" in check
        assert "pager.example.org" not in check, "the address is a secret"
        world.settings["alerts"]["email"]["ops"]["clients"] = []
        world.settings["alerts"]["webhook"] = {}

        typo = world.says("alerts", "test", "opps")
    assert (typo.code, "there are: ops" in typo.err) == (2, True)


def mistakes(world: World) -> str:
    """What `crossdock check` finds wrong, as one line of words."""
    check = world.says("check")
    assert check.code == 1, check.out
    return " ".join(check.err.split())
