"""What the marketplaces' words mean, and what many orders say with few requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import AnswerState
from crossdock_channeladvisor.shipments.lookup import ADJUSTED, ORDERS_A_REQUEST, SHIPPED, list_of
from crossdock_channeladvisor.shipments.marketplace import ADJUSTMENT, SHIPMENT, answer_of

PENDING, ACCEPTED, REFUSED = AnswerState.PENDING, AnswerState.ACCEPTED, AnswerState.REFUSED
METADATA = (
    "SubmittedNotProcessed NewRma PendingApproval ProcessingApproval ReadyForReturn PendingReturn ProcessingReturn "
    "PendingRejection ProcessingRejection ProcessedNotAcknowledged PendingReturnRejection ProcessingReturnRejection "
    "AcknowledgedPostProcessingNotComplete PostProcessingComplete RejectionCompleted InformationOnly NoChange Error"
)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["Complete"], ACCEPTED),
        (["Complete", "CompletedWithoutNotification"], ACCEPTED),
        (["Complete", "Pending"], PENDING),
        (["Complete", "InProgress", "Failed"], REFUSED),
        (["Complete", "SomethingNew"], PENDING),
        ([""], PENDING),
        ([], PENDING),
    ],
)
def test_a_shipment_is_refused_if_a_part_is_and_accepted_once_all_are(words, state):
    assert answer_of(words, SHIPMENT).state is state


def test_every_word_of_the_metadata_has_a_meaning():
    assert sorted(ADJUSTMENT) == sorted(METADATA.split())
    assert {word for word, state in ADJUSTMENT.items() if state is REFUSED} == {"Error", "RejectionCompleted"}
    assert {word for word, state in ADJUSTMENT.items() if state is ACCEPTED} == {
        "PostProcessingComplete",
        "InformationOnly",
    }


def test_the_answer_keeps_the_carts_own_words():
    answer = answer_of(["Error", "Error", "PostProcessingComplete"], ADJUSTMENT, ["", "Too late.", "Too late."])
    assert answer.words == "Error, PostProcessingComplete: Too late."


@given(st.lists(st.sampled_from(sorted(SHIPMENT)), min_size=1), st.randoms())
def test_the_order_of_the_parts_decides_nothing(words, dice):
    mixed = list(words)
    dice.shuffle(mixed)
    assert answer_of(mixed, SHIPMENT).state is answer_of(words, SHIPMENT).state


@pytest.mark.parametrize("aspect", [SHIPPED, ADJUSTED])
def test_the_url_of_a_full_request_is_short_enough(aspect):
    url = list_of(["4445862222"] * ORDERS_A_REQUEST, aspect)
    assert len(url) < 1500
    assert "$select=ID&" in url
    assert "ID%20eq%204445862222%20or%20ID" in url
