"""Where stock counts, as the operator writes it."""

from crossdock.config import load_config, survey_config
from crossdock.runtime.rules import rules_of

from .conftest import GOOD


def rules_in(write, text):
    config = load_config(write(GOOD + text))
    return rules_of("main", config.pipelines["main"]).areas


def test_a_centre_has_the_stock_of_its_own_area_unless_it_says_otherwise(write):
    areas = rules_in(
        write,
        """
    inventory_source = "warehouse"
    unsold_areas = ["QUARANTINE"]
    [pipelines.main.distribution_centers]
    "17" = { area = "MAIN" }
    "18" = { area = "MAIN", stock_areas = ["BULK*"] }
    "19" = { area = "MAIN", stock_areas = [] }
    """,
    )
    assert [areas.explain(one).partition(" (")[0] for one in ("MAIN", "bulk-2", "QUARANTINE", "DOCK")] == [
        "distribution centre 17",
        "distribution centre 18",
        "not for sale",
        "unmapped: no rule names it",
    ]


def test_what_is_not_for_sale_is_asked_before_other_patterns(write):
    areas = rules_in(
        write,
        """
    unsold_areas = ["Q*"]
    [pipelines.main.distribution_centers]
    "17" = { stock_areas = ["*"] }
    """,
    )
    assert areas.explain("Q-1").startswith("not for sale")
    assert areas.explain("").startswith("distribution centre 17")


def test_an_only_centre_has_everything_as_long_as_nobody_names_an_area(write):
    center = '    [pipelines.main.distribution_centers]\n    "17" = {}\n'
    assert rules_in(write, "\n" + center).everywhere == "17"
    assert rules_in(write, '\n    unsold_areas = ["Q"]\n' + center).everywhere is None
    assert rules_in(write, "\n" + center.replace("{}", "{ stock_areas = [] }")).everywhere is None
    assert rules_in(write, "\n" + center + '    "18" = {}\n').everywhere is None
    assert rules_in(write, "").everywhere is None


def test_an_area_of_two_centres_is_refused_where_stock_is_told(write):
    centers = """
    [pipelines.main.distribution_centers]
    "17" = { area = "MAIN" }
    "18" = { area = "MAIN" }
    """
    assert load_config(write(GOOD + centers)), "two centres may be picked from one area"
    _, (mistake,) = survey_config(write(GOOD + '    inventory_source = "warehouse"\n' + centers))
    assert mistake.key == "pipelines.main"
    assert "area 'MAIN' is named for distribution centre 17 and for distribution centre 18" in mistake.allowed
