"""What operators write, read with every mistake named at once."""

from crossdock.config.alerts import Alerts, EmailReceiver, WebhookReceiver
from crossdock.config.connections import Connection, survey_connections, validate_connections
from crossdock.config.load import Config, load_config, survey_config
from crossdock.config.mistakes import ConfigMistakes, Mistake
from crossdock.config.models import (
    ROLES,
    DistributionCenter,
    Pipeline,
    Services,
    ShipMethod,
    ShipMethodRule,
    ShipMethods,
    Webhooks,
)
from crossdock.config.schedule import Cron, Every, Never, Schedule, parse_schedule
from crossdock.config.schema import config_schema
from crossdock.config.secrets import secret_parts, secret_values, secrets_in, store_url, webhook_secret
from crossdock.config.status_rules import unheard_rules_of

__all__ = [
    "ROLES",
    "Alerts",
    "Config",
    "ConfigMistakes",
    "Connection",
    "Cron",
    "DistributionCenter",
    "EmailReceiver",
    "Every",
    "Mistake",
    "Never",
    "Pipeline",
    "Schedule",
    "Services",
    "ShipMethod",
    "ShipMethodRule",
    "ShipMethods",
    "WebhookReceiver",
    "Webhooks",
    "config_schema",
    "load_config",
    "parse_schedule",
    "secret_parts",
    "secret_values",
    "secrets_in",
    "store_url",
    "survey_config",
    "survey_connections",
    "unheard_rules_of",
    "validate_connections",
    "webhook_secret",
]
