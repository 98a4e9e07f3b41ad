"""The tests that `pytest --crossdock-config` runs: every law for every pipeline of the config."""

from pathlib import Path

import pytest
from hypothesis import settings

from crossdock.config import ConfigMistakes
from crossdock.testing.mapping.law import MappingLaw, mapping_laws
from crossdock.testing.mapping.subject import MappingSubject, subjects_of
from crossdock.testing.mapping.trial import Trial


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case a pipeline and law; as many things are drawn as the hypothesis profile says."""
    laws = mapping_laws()
    cases = []
    for file in metafunc.config.option.crossdock_config:
        for subject in _subjects(Path(file)):
            trial = Trial(subject, drawn=settings().max_examples)
            mark = pytest.mark.crossdock_mapping(
                pipeline=f"{file}, pipeline {subject.name}", laws=tuple(law.id for law in laws)
            )
            cases += [pytest.param(trial, law, id=f"{subject.name}-{law.id}", marks=mark) for law in laws]
    metafunc.parametrize(("trial", "law"), cases)


def _subjects(file: Path) -> list[MappingSubject]:
    try:
        return subjects_of(file)
    except ConfigMistakes as mistakes:
        raise pytest.Collector.CollectError(str(mistakes)) from None


def test_mapping(trial: Trial, law: MappingLaw[object]) -> None:
    """The mapping of the pipeline keeps the law; one that is known to be broken is an expected failure, and must be."""
    verdict = trial.verdict(law)
    if verdict.holds and verdict.known:
        pytest.xfail(verdict.known)
    if not verdict.holds:
        raise AssertionError(f"{verdict}\n{law.id}: {law.sentence}")
