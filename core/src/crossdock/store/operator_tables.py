"""What operators have decided beside the config, and who was told of what."""

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from crossdock.store.columns import MOSTLY_EMPTY, Row, id_column, moment_column, table_of


class ShipMethodRuleRow(Row, table=True):
    """One rule for ship methods that a person saved; `direction` is inbound or outbound.

    What it fits is kept with letters folded, so that there is one rule a (site, carrier, service).
    """

    __tablename__ = "ship_method_rule"
    __table_args__ = (
        UniqueConstraint("pipeline", "direction", "site_key", "carrier_key", "service_key", name="ship_method_rule_of"),
    )

    id: int | None = id_column()
    pipeline: str
    direction: str
    site: str
    carrier: str
    service: str
    site_key: str
    carrier_key: str
    service_key: str
    to_carrier: str
    to_service: str
    saved_at: int = moment_column()
    saved_by: str


class AuditRow(Row, table=True):
    """One thing that a person did; `before` and `after` say what it changed, in words or JSON."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_at", "at"), Index("audit_order", "order_id"))

    id: int | None = id_column()
    at: int = moment_column()
    by: str
    pipeline: str
    action: str
    subject: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    before: str
    after: str
    note: str


class AlertReceiverRow(Row, table=True):
    """How far one receiver of alerts was told; `error` is why the last message did not arrive."""

    __tablename__ = "alert_receiver"

    receiver: str = Field(primary_key=True)
    told_until: int = moment_column()
    sent_at: int | None = moment_column(nullable=True)
    try_again_at: int | None = moment_column(nullable=True)
    fails: int
    error: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


class RulesInForceRow(Row, table=True):
    """By which rules the orders of a pipeline were judged last, as a digest, and since when."""

    __tablename__ = "rules_in_force"

    pipeline: str = Field(primary_key=True)
    digest: str
    since: int = moment_column()


rules_in_force = table_of(RulesInForceRow)
ship_method_rule = table_of(ShipMethodRuleRow)
audit = table_of(AuditRow)
alert_receiver = table_of(AlertReceiverRow)
