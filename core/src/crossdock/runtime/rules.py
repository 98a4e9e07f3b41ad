"""From the operator's config to the compiled rules of the engine."""

from crossdock.config import Pipeline
from crossdock.config import ShipMethodRule as RuleConfig
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.mapping import Areas, ShipMethod, ShipMethodRule, ShipMethods


def rules_of(name: str, pipeline: Pipeline) -> PipelineRules:
    """The rules of one pipeline."""
    methods = pipeline.ship_methods
    return PipelineRules(
        name=name,
        distribution_centers={
            center: DistributionCenterRule(area=one.area) for center, one in pipeline.distribution_centers.items()
        },
        areas=_areas(pipeline),
        earliest_order_date=pipeline.earliest_order_date,
        inbound=_compiled(methods.inbound, methods.unmapped),
        outbound=_compiled(methods.outbound, methods.unmapped),
        acknowledge_after=pipeline.acknowledge.removeprefix("after_"),
        changes_after_release=pipeline.changes_after_release,
        confirm_without_tracking=pipeline.confirm_without_tracking,
    )


def _areas(pipeline: Pipeline) -> Areas:
    """Without a word on areas, all of the warehouse is the only centre, where there is but one."""
    rules, centers = pipeline.area_rules, pipeline.distribution_centers
    silent = not rules and all(one.stock_areas is None for one in centers.values())
    return Areas(rules, everywhere=next(iter(centers)) if silent and len(centers) == 1 else None)


def _compiled(rules: tuple[RuleConfig, ...], unmapped: str) -> ShipMethods:
    return ShipMethods(
        rules=tuple(
            ShipMethodRule(
                to=ShipMethod(rule.to.carrier, rule.to.service),
                site=rule.site,
                carrier=rule.carrier,
                service=rule.service,
            )
            for rule in rules
        ),
        unmapped=unmapped,
    )
