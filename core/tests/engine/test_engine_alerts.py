"""What a receiver is told: grouped, the worst first, and fit to act on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crossdock.engine.alerts import (
    LONGEST_WAIT,
    Digest,
    Finding,
    Interest,
    Silent,
    as_document,
    as_text,
    groups_of,
    interest_of,
    next_message,
    wait_after,
)
from crossdock.engine.problems import Code

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
CLIENTS = {"main": "acme", "second": "acme", "other": "globex", "own": ""}


def found(
    pipeline: str = "main", code: str = "unmapped_ship_method", cause: str = "UPS/Ground", count: int = 1, id_: int = 7
) -> Finding:
    since = NOON + timedelta(minutes=id_)
    title = f"Order N{id_} asks for {cause}, and no rule fits"
    return Finding(pipeline, code, cause, count, since, id_, f"N{id_}", title, "Add a rule under ship_methods.inbound.")


findings = st.lists(
    st.builds(
        found,
        st.sampled_from([*CLIENTS, ""]),
        st.sampled_from([code.value for code in Code]),
        st.sampled_from(["", "a", "b"]),
        st.integers(1, 50),
        st.integers(1, 99),
    )
)


@given(findings)
def test_every_problem_is_in_one_group_and_no_group_crosses_clients(some: list[Finding]) -> None:
    groups = groups_of(some, CLIENTS)
    assert sum(group.count for group in groups) == sum(one.count for one in some)
    assert all({CLIENTS.get(name, "") for name in group.pipelines} <= {group.client} for group in groups)
    assert len({(group.client, group.code, group.cause) for group in groups}) == len(groups)


@given(findings, st.randoms(use_true_random=False))
def test_the_order_in_which_problems_were_found_does_not_matter(some: list[Finding], random: object) -> None:
    distinct = list({one.id: one for one in some}.values())
    mixed = list(distinct)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert groups_of(mixed, CLIENTS) == groups_of(distinct, CLIENTS)


@given(findings)
def test_a_subject_is_one_short_line_and_every_message_can_be_written(some: list[Finding]) -> None:
    digest = Digest(NOON, groups_of(some, CLIENTS))
    assert "\n" not in digest.title
    assert len(digest.title) <= 200
    assert as_text(digest)
    assert as_document(digest)["new_problems"] == sum(one.count for one in some)


def test_what_stops_a_whole_connection_comes_before_what_there_is_most_of() -> None:
    many, paused = found(count=400), found(code="connection_paused", cause="", id_=8)
    digest = Digest(NOON, groups_of([many, paused], CLIENTS))
    assert [group.code for group in digest.groups] == ["connection_paused", "unmapped_ship_method"]
    assert digest.title.startswith("crossdock [acme]: Order N8 asks for")
    assert digest.title.endswith("(and 400 other problems)")


def test_the_pipelines_of_a_client_are_told_of_together_and_the_first_problem_is_the_example() -> None:
    (group,) = groups_of([found("second", count=3, id_=9), found("main", count=2, id_=4)], CLIENTS)
    assert (group.pipelines, group.count, group.example.id) == (("main", "second"), 5, 4)


def test_a_receiver_of_one_client_wants_its_pipelines_only() -> None:
    assert interest_of(["acme"], [], CLIENTS) == Interest(["main", "second"], None)
    assert interest_of([], ["unmapped_*"], CLIENTS).codes == [
        "unmapped_ship_method",
        "unmapped_carrier",
        "unmapped_area",
    ]
    assert interest_of([], [], CLIENTS) == Interest(None, None)


def test_a_message_for_people_has_the_words_and_the_commands() -> None:
    groups = groups_of([found(count=12), found("other", "release_refused", "", id_=9)], CLIENTS)
    text = as_text(Digest(NOON, groups, (Silent("main", "download", NOON),), closed=4, open=17))
    assert (
        text
        == """\
13 new problems wait for a person.

1. Unmapped ship method, 12 times, since 2024-03-01 12:07 UTC
   client acme, pipeline main
   For example: Order N7 asks for UPS/Ground, and no rule fits
   To do: Add a rule under ship_methods.inbound.
   Look:  crossdock problems show 7

2. Release refused, since 2024-03-01 12:09 UTC
   client globex, pipeline other
   Order N9 asks for , and no rule fits
   To do: Add a rule under ship_methods.inbound.
   Look:  crossdock problems show 9

Silent since 2024-03-01 12:00 UTC: main/download
Since the last message 4 problems that were told of are closed.
In all, 17 problems are open:

   crossdock problems list
"""
    )


def test_a_long_title_is_wrapped_and_a_line_break_in_it_ends_no_header() -> None:
    long = replace(found(), title="A very long sentence\r\nBcc: everybody@example.org " * 20)
    digest = Digest(NOON, groups_of([long], CLIENTS))
    assert "\n" not in digest.title
    assert "\r" not in digest.title
    assert all(len(line) <= 78 for line in as_text(digest).splitlines())


def test_a_message_for_programs_has_a_shape_that_can_be_relied_on() -> None:
    digest = Digest(NOON, groups_of([found(count=2)], CLIENTS), (Silent("main", "download", NOON),), closed=1, open=3)
    document = as_document(digest)
    assert (document.pop("title"), document.pop("text")) == (digest.title, as_text(digest))
    assert document == {
        "version": 1,
        "sent_at": "2024-03-01T12:00:00+00:00",
        "test": False,
        "clients": ["acme"],
        "new": [
            {
                "client": "acme",
                "pipelines": ["main"],
                "code": "unmapped_ship_method",
                "cause": "UPS/Ground",
                "count": 2,
                "since": "2024-03-01T12:07:00+00:00",
                "action": "Add a rule under ship_methods.inbound.",
                "example": {
                    "id": 7,
                    "pipeline": "main",
                    "subject": "N7",
                    "title": "Order N7 asks for UPS/Ground, and no rule fits",
                },
            }
        ],
        "new_problems": 2,
        "closed_problems": 1,
        "open_problems": 3,
        "silent": [{"pipeline": "main", "service": "download", "since": "2024-03-01T12:00:00+00:00"}],
    }


def test_a_message_of_very_many_causes_names_the_first_and_counts_the_rest() -> None:
    many = [found(cause=f"cause {number}", id_=number) for number in range(1, 41)]
    text = as_text(Digest(NOON, groups_of(many, CLIENTS)))
    assert "25. Unmapped" in text
    assert "And 15 more problems of 15 other causes." in text


def test_a_receiver_that_fails_is_tried_again_later_each_time() -> None:
    waits = [wait_after(fails) for fails in range(1, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=1), LONGEST_WAIT)


def test_the_first_message_goes_at_once_and_the_next_after_the_interval() -> None:
    every = timedelta(minutes=15)
    assert next_message(None, None, every) is None
    assert next_message(NOON, None, every) == NOON + every
    assert next_message(NOON, NOON + timedelta(minutes=1), every) == NOON + timedelta(minutes=1)
