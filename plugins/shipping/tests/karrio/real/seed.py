"""Run inside the server (`karrio shell`): a user, two keys, and a carrier with prices."""

import karrio.server.providers.models as providers
from django.contrib.auth import get_user_model
from karrio.server.user.models import Token

user = get_user_model().objects.create_superuser("admin@example.com", "not-a-secret")
Token.objects.create(user=user, key="key_live", label="live", test_mode=False)
Token.objects.create(user=user, key="key_test", label="test", test_mode=True)

zone = {"id": "everywhere", "label": "Everywhere", "country_codes": []}
sheet = providers.RateSheet.objects.create(
    name="Van", slug="van", carrier_name="generic", created_by=user, zones=[zone]
)
for code, days, price in (("van_standard", 3, 7.25), ("van_express", 1, 19.9)):
    service = providers.ServiceLevel.objects.create(
        service_name=code, service_code=code, currency="USD", transit_days=days, created_by=user, zone_ids=[zone["id"]]
    )
    sheet.services.add(service)
    sheet.service_rates = [*sheet.service_rates, {"service_id": service.id, "zone_id": zone["id"], "rate": price}]
sheet.save()

for test_mode in (False, True):
    providers.CarrierConnection.objects.create(
        carrier_code="generic",
        carrier_id="own-van",
        active=True,
        test_mode=test_mode,
        created_by=user,
        capabilities=["shipping", "rating"],
        credentials={"display_name": "Own van", "custom_carrier_name": "own_van", "account_country_code": "US"},
        rate_sheet=sheet,
    )
print("seeded")
