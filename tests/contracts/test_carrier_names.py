"""What a cart's connector knows of carriers' names is about services of the table of carriers."""

from crossdock.mapping.carriers import carrier_table
from crossdock_channeladvisor.shipments.carrier_names import CLASSES


def test_every_code_that_a_connector_names_is_a_service_of_that_carrier() -> None:
    table = carrier_table()

    for carrier, classes in CLASSES.items():
        home = table.carriers[table.carrier_of(carrier) or ""]
        assert [code for code in classes if home.service(code) is None] == []
