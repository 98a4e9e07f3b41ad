"""The kit itself: which laws apply, what a reason may hide, and that nothing is dropped unseen."""

import pytest

from crossdock.testing import Grade, all_laws, conformance
from crossdock.testing.law import grade_of


def test_every_law_has_a_sentence_and_an_id_of_its_own():
    laws = all_laws()
    assert len({law.id for law in laws}) == len(laws) > 0
    assert all(law.sentence.endswith(".") for law in laws)


def test_a_reason_is_needed_and_the_law_must_exist():
    with pytest.raises(ValueError, match="no law that applies"):
        conformance("channeladvisor", xfail={"orders.nonsense": "because"})
    with pytest.raises(ValueError, match="needs a reason"):
        conformance("channeladvisor", xfail={"plugin.loads": " "})


def test_a_grade_is_the_best_up_to_which_every_law_was_held():
    assert grade_of([]) is None
    assert grade_of([(Grade.BRONZE, False), (Grade.GOLD, True)]) is None
    assert grade_of([(Grade.BRONZE, True), (Grade.GOLD, False)]) is Grade.SILVER
    assert grade_of([(Grade.BRONZE, True)]) is Grade.PLATINUM
