"""From the operator's config to the compiled rules of the engine."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b

from crossdock.config import Config, Never, Pipeline
from crossdock.config import ShipMethodRule as RuleConfig
from crossdock.config.order_options import FieldRule as FieldConfig
from crossdock.config.order_options import Fields
from crossdock.config.order_options import Filter as FilterConfig
from crossdock.config.order_options import Holds as HoldsConfig
from crossdock.config.order_options import StatusEvents as StatusEventsConfig
from crossdock.config.stock_options import Stock as StockConfig
from crossdock.domain import StockMeaning
from crossdock.engine.holding import HoldRules
from crossdock.engine.label_rules import LabelMethod, LabelRules
from crossdock.engine.pipeline import Bound
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.engine.stock_rules import RepairRules, StockRules
from crossdock.hooks.features import DescribesFields, NamesCarriers
from crossdock.hooks.roles import FulfillmentTarget
from crossdock.mapping import (
    Aliases,
    Areas,
    CarrierNames,
    FieldRule,
    FieldRules,
    Filter,
    ShipMethod,
    ShipMethodRule,
    ShipMethods,
    StatusEvents,
    StatusRule,
    compiled,
)
from crossdock.mapping.fields import CUSTOM


def rules_of(name: str, pipeline: Pipeline) -> PipelineRules:
    """The rules of one pipeline."""
    methods = pipeline.ship_methods
    return PipelineRules(
        name=name,
        distribution_centers={
            center: DistributionCenterRule(one.area, one.fulfillment_target or pipeline.fulfillment_target or "")
            for center, one in pipeline.distribution_centers.items()
        },
        default_distribution_center=pipeline.default_distribution_center or "",
        areas=pipeline.areas,
        bundles=pipeline.bundle_table,
        earliest_order_date=pipeline.earliest_order_date,
        order_filters=_filters(pipeline.order_filters),
        item_filters=_filters(pipeline.item_filters),
        holds=_holds(pipeline.holds),
        inbound=_compiled(methods.inbound, methods.unmapped),
        outbound=_compiled(methods.outbound, methods.unmapped, uses_known=methods.known_names == "use"),
        fields=_fields(pipeline.fields),
        acknowledge_after=pipeline.acknowledge.removeprefix("after_"),
        changes_after_release=pipeline.changes_after_release,
        status_events=_status_events(pipeline.status_events),
        short_picks=pipeline.short_picks,
        cancel_reasons={word.casefold(): reason for word, reason in pipeline.cancel_reasons.items()},
        stock=_stock(pipeline.stock, pipeline.alias_table),
        repair=RepairRules(
            small=pipeline.reconcile.repair == "small",
            most_units=pipeline.reconcile.most_units,
            most_rows=pipeline.reconcile.most_rows,
            causes=pipeline.reconcile.causes,
        ),
        tracking_patience=(wait := timedelta(seconds=pipeline.tracking.wait.seconds)),
        tracking_look_again=timedelta(seconds=pipeline.tracking.look_again.seconds),
        tells_untracked=pipeline.tracking.then == "tell",
        look_up_after=timedelta() if isinstance(pipeline.services.parcels, Never) else wait / 2,
        fetches=not isinstance(pipeline.services.fetch, Never),
        labels=_labels(pipeline),
        recognises=methods.recognise == "use",
    )


def _labels(pipeline: Pipeline) -> LabelRules:
    labels, centers = pipeline.labels, pipeline.distribution_centers
    return LabelRules(
        buy=labels.buy,
        services=labels.services,
        methods=tuple(LabelMethod(one.services, one.carrier, one.service) for one in labels.methods),
        in_order=labels.choose == "in_order",
        most=labels.most,
        format=labels.format,
        keep=timedelta(seconds=labels.keep.seconds),
        check_address=labels.check_address,
        weight=labels.weight,
        tare=labels.tare,
        product_unit=labels.product_unit,
        box=labels.box,
        ship_from={center: one.ship_from.address for center, one in centers.items() if one.ship_from},
    )


def _stock(stock: StockConfig, aliases: Mapping[str, str]) -> StockRules:
    return StockRules(
        sets=stock.send == "set",
        meaning=StockMeaning(stock.meaning),
        buffer=stock.buffer,
        minimum=stock.minimum,
        combined_at=stock.combined_at,
        alias_type=stock.alias or "",
        aliases=Aliases(stock.alias or "", aliases) if stock.aliases else Aliases(),
        leave_out=stock.leave_out,
        stale_after=timedelta(seconds=stock.stale_after.seconds),
        asks_first=stock.first_sync == "ask",
        ask_above=stock.ask_above,
    )


def _status_events(written: StatusEventsConfig) -> StatusEvents:
    rules = tuple(StatusRule(rule.event, rule.notify_cart, rule.site) for rule in written.rules)
    return StatusEvents(written.notify_cart, rules)


JUDGING = {
    *("earliest_order_date", "order_filters", "item_filters", "holds", "fields", "ship_methods"),
    *("distribution_centers", "default_distribution_center", "bundles"),
}
"""The keys of a pipeline that decide whether an order is skipped or held."""


def judging_digest(pipeline: Pipeline) -> str:
    """A short text that changes with the rules that skip or hold orders."""
    rules = blake2b(pipeline.model_dump_json(include=JUDGING).encode(), digest_size=12)
    for bundle, parts in pipeline.bundle_table.items():
        rules.update(repr((bundle, [(part.sku, part.quantity) for part in parts])).encode())
    return rules.hexdigest()


def _filters(written: tuple[FilterConfig, ...]) -> tuple[Filter, ...]:
    return tuple(Filter(one.field, one.match, one.rule) for one in written)


def _holds(holds: HoldsConfig) -> HoldRules:
    return HoldRules(
        window=timedelta(seconds=holds.window.seconds) if holds.window else None,
        required_fields=holds.required_fields,
        tags=holds.tags,
        flags=holds.flags,
        review_all=holds.review == "all",
        review_when=holds.review_when,
    )


def areas_of_others(config: Config, name: str) -> Areas:
    """The areas of this pipeline's warehouse whose stock counts for other clients."""
    own = config.pipelines[name]
    others = (one for one in config.pipelines.values() if one.enabled and one.client != own.client)
    shared = [one for one in others if one.inventory_source == own.inventory_source]
    return Areas(tuple(rule for one in shared for rule in one.area_rules if rule.center is not None))


def with_order_fields(
    rules: PipelineRules, own: str | None, targets: Mapping[str, Bound[FulfillmentTarget]]
) -> PipelineRules:
    """The rules with what these targets, by connection, tell of their fields; `own` is the pipeline's own one."""
    told = {name: one.role.order_fields() for name, one in targets.items() if isinstance(one.role, DescribesFields)}
    return replace(rules, order_fields={**told, "": told.get(own or "", ())})


def with_carrier_names(rules: PipelineRules, source: object) -> PipelineRules:
    """The rules with the pairs by which carriers usually go at an order source, where it knows them."""
    return replace(rules, outbound=rules.outbound.with_known(carrier_names_of(source)))


def carrier_names_of(source: object) -> CarrierNames:
    """The same pairs alone."""
    names = source.carrier_names() if isinstance(source, NamesCarriers) else {}
    return {code: ShipMethod(*pair) for code, pair in names.items()}


def _fields(fields: Fields) -> FieldRules:
    own = {name: getattr(fields, name) for name in ("notes", "tags", "source", "area")}
    custom = {f"{CUSTOM}{name}": rule for name, rule in fields.custom_fields.items()}
    return FieldRules(tuple(_field_rule(target, rule) for target, rule in {**own, **custom}.items() if rule))


def _field_rule(target: str, rule: FieldConfig) -> FieldRule:
    cut = rule.too_long == "cut"
    return FieldRule(target, compiled(rule.source), rule.default, rule.required, rule.max_length, cut)


def _compiled(rules: tuple[RuleConfig, ...], unmapped: str, *, uses_known: bool = False) -> ShipMethods:
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
        uses_known=uses_known,
    )
