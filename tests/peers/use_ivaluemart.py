"""What ivaluemart-channel-advisor gets done; prints it as JSON. Runs where that package is installed."""

import base64
import json
import os
from typing import Any
from urllib.error import HTTPError

import channel_advisor as shop

basic = base64.b64encode(f"{os.environ['CA_APPLICATION_ID']}:{os.environ['CA_SHARED_SECRET']}".encode()).decode()
form = {"grant_type": "refresh_token", "refresh_token": os.environ["CA_REFRESH_TOKEN"]}
token = shop.get_access_token({"Authorization": f"Basic {basic}"}, form)


def refusal(deed: Any) -> int:
    """The status with which something is refused; 0 if it is not."""
    try:
        deed()
    except HTTPError as error:
        return error.code
    return 0


product = shop.get_product_id(token, "SKU-0007")
kit = shop.get_product_id(token, "KIT-001")
made = shop.get_product_id(token, "JOE-MUG")
print(
    json.dumps(
        {
            "product": product,
            "nobody": shop.get_product_id(token, "NOBODY"),
            "dimensions": shop.update_dimensions(token, str(product), 3.5, 4, 5, 1.25, "A1-B2"),
            "read": shop.get_product_by_id(token, str(product)),
            "quantity": shop.update_quantity(token, "SKU-0007", str(product), 31, 1),
            "quantities": shop.get_product_quantity(token, str(product))["value"],
            "attribute": shop.add_or_update_attribute(token, product, "Glaze", "matt"),
            "attribute_again": shop.add_or_update_attribute(token, product, "Glaze", "shiny"),
            "buffer": shop.update_buffer(token, str(product), 5) and shop.reset_buffer(token, str(product), 2),
            "attributes": shop.get_product_with_attributes_by_id(token, str(product))["Attributes"],
            "deleted": shop.delete_product(token, str(made)),
            "in_other_capitals": {
                "components": refusal(lambda: shop.get_components(token, kit)),
                "by_mpn": refusal(lambda: shop.get_product_id_by_mpn(token, "x")),
                "by_upc": refusal(lambda: shop.get_sku_by_upc(token, "x")),
                "by_supplier_sku": refusal(lambda: shop.get_product_id_by_supplier_sku(token, "x")),
            },
        }
    )
)
