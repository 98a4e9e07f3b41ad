"""The two accounts that every program of the benchmark works for: the simulators' own."""

from pydantic import SecretStr

from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.mapping import ShipMethod, ShipMethodRule, ShipMethods
from crossdock_channeladvisor.listing import first_page
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_warehouseos.settings import WarehouseOSSettings

APPLICATION, SHARED_SECRET = "sandbox-application", "sandbox-secret"
REFRESH_TOKEN, API_KEY = "sandbox-refresh-token", "sandbox-key"

CART = ChannelAdvisorSettings(
    base_url="http://127.0.0.1",
    application_id=APPLICATION,
    shared_secret=SecretStr(SHARED_SECRET),
    refresh_token=SecretStr(REFRESH_TOKEN),
)
WAREHOUSE = WarehouseOSSettings(base_url="http://127.0.0.1", api_key=SecretStr(API_KEY), resolve_skus="off")
LIST = first_page(CART, None)
KEY_HEADER = WAREHOUSE.profile.auth.key_header
CREATE_ORDER = WAREHOUSE.profile.paths.create_order
RULES = PipelineRules(
    name="main",
    distribution_centers={"1": DistributionCenterRule(area="EAST"), "2": DistributionCenterRule(area="WEST")},
    inbound=ShipMethods(rules=(ShipMethodRule(to=ShipMethod("UPS", "GROUND")),)),
)

CONFIG = """
[store]
url = "sqlite:///{database}"

[connections.cart]
connector = "channeladvisor"
base_url = "{cart}"
application_id = "sandbox-application"
shared_secret = {{ env = "BENCH_SHARED_SECRET" }}
refresh_token = {{ env = "BENCH_REFRESH_TOKEN" }}
requests_per_minute = 10_000_000
requests_per_second = {per_second}

[connections.warehouse]
connector = "warehouseos"
base_url = "{wms}"
api_key = {{ env = "BENCH_API_KEY" }}
resolve_skus = "off"

[pipelines.main]
order_source = "cart"
fulfillment_target = "warehouse"

[pipelines.main.services]
{services}

[pipelines.main.distribution_centers]
"1" = {{ area = "EAST" }}
"2" = {{ area = "WEST" }}

[[pipelines.main.ship_methods.inbound]]
to = {{ carrier = "UPS", service = "GROUND" }}

[[pipelines.main.ship_methods.outbound]]
to = {{ carrier = "UPS", service = "GROUND" }}
"""
ENVIRONMENT = {
    "BENCH_SHARED_SECRET": SHARED_SECRET,
    "BENCH_REFRESH_TOKEN": REFRESH_TOKEN,
    "BENCH_API_KEY": API_KEY,
}
ROAD = ("download", "release", "acknowledge")
EVERYTHING = (*ROAD, "collect", "confirm")


def config(*, cart: str, wms: str, database: str, services: tuple[str, ...], per_second: int = 100_000) -> str:
    """A whole config file, with these services on and the others off."""
    switches = "\n".join(f'{name} = "{"1m" if name in services else "off"}"' for name in EVERYTHING)
    return CONFIG.format(cart=cart, wms=wms, database=database, services=switches, per_second=per_second)
