"""What a document makes Python raise becomes the error that follows, and tells nothing of what the document holds."""

import json

import pytest
from pydantic import BaseModel

from crossdock import OutcomeUnknown, Record, Rejected, Unavailable, Unreadable, reading


class Told(BaseModel):
    name: str
    pieces: int


RECORD = Record("17", b'{"name": "Ada Lovelace", "pieces": "Ada Lovelace"}')


def test_of_a_record_it_is_unreadable_and_names_the_record_and_the_part():
    with pytest.raises(Unreadable, match=r"^order 17: pieces: .*integer") as raised, reading("order", RECORD):
        Told.model_validate_json(RECORD.data)
    assert "Ada" not in str(raised.value)


@pytest.mark.parametrize("nonsense", ["{}['number']", "[][3]", "int('Ada')", "None.name", "1 / 0"])
def test_whatever_is_not_of_the_expected_shape_is_unreadable(nonsense):
    with pytest.raises(Unreadable, match="order 17"), reading("order", RECORD):
        eval(nonsense)


def test_a_field_that_is_missing_is_named():
    with pytest.raises(Unreadable, match="order 17: 'number' is missing"), reading("order", RECORD):
        json.loads(RECORD.data)["number"]


def test_a_word_that_no_table_knows_is_told_in_short():
    with pytest.raises(Unreadable, match=r"is missing, or not known$") as raised, reading("order", RECORD):
        {"open": 1}["Hovercraft" * 1000]
    assert len(str(raised.value)) < 150


def test_of_an_answer_it_is_unavailable_and_of_the_answer_to_a_write_nobody_knows():
    with pytest.raises(Unavailable, match="the list is not what was asked for"), reading("the list"):
        json.loads("<html>")
    with pytest.raises(OutcomeUnknown, match="answer is not what was asked for"), reading("answer", written=True):
        json.loads("<html>")


def test_errors_that_say_already_what_follows_stay_as_they_are():
    with pytest.raises(Rejected), reading("order", RECORD):
        raise Rejected("closed")
    with pytest.raises(NameError), reading("order", RECORD):
        nobody_wrote_this  # noqa: B018, F821
