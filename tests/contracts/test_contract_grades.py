"""What is written down of our own plugins is of these very files, with every law that applies."""

import pytest

from crossdock.registry import installed_plugins
from crossdock.testing.evidence import ENDING, Evidence, home_of, standing_of
from crossdock.testing.subject import subject

OWN = ("channeladvisor", "warehouseos", "shipping", "karrio", "easypost", "shipstation", "parcel_files")


@pytest.mark.parametrize("plugin", OWN)
def test_a_grade_is_of_these_files_and_of_every_law(plugin: str) -> None:
    [offer] = installed_plugins()[plugin]
    standing = standing_of(plugin, offer.entry_point)
    assert standing.grade, (
        f"{plugin} has no grade ({standing.why_not}): run `make conformance` and commit what it writes"
    )
    home = home_of(offer.entry_point)
    assert home is not None
    evidence = Evidence.model_validate_json((home / f"{plugin}{ENDING}").read_bytes())
    assert evidence.laws.keys() == {law.id for law in subject(plugin).laws()}, "run `make conformance`"
