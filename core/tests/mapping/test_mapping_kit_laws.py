"""The laws of mappings as one test each, so that a mutant of `crossdock.mapping` ends at the first that notices it.

The default suite tries the same laws in tests/testing/test_testing_mapping_laws.py.
"""

from pathlib import Path
from typing import Any

import pytest

from crossdock.testing.mapping import MappingLaw, MappingSubject, Trial, mapping_laws, subjects_of

TESTS = Path(__file__).parents[1]
CONFIGS = (TESTS / "testing/mappings/rich.toml", TESTS.parent / "src/crossdock/runtime/demo/crossdock.toml")
SUBJECTS = [subject for config in CONFIGS for subject in subjects_of(config)]


@pytest.mark.slow
@pytest.mark.parametrize("law", mapping_laws(), ids=lambda law: law.id)
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_rules_of_every_sort_keep_it(subject: MappingSubject, law: MappingLaw[Any]):
    verdict = Trial(subject, drawn=8).verdict(law)
    assert verdict.holds, str(verdict)
