"""What channel-advisor-api-python gets done; prints it as JSON. Runs where that package is installed."""

import json
from typing import Any

from channel_advisor_api.models.channel_advisor import FullProduct, MinProduct
from channel_advisor_api.models.channel_advisor_attributes import AllAttributes
from channel_advisor_api.models.channel_advisor_client import ChannelAdvisorClient
from channel_advisor_api.models.channel_advisor_dc import ChannelAdvisorDC
from channel_advisor_api.models.channel_advisor_export import ChannelAdvisorExport


def outcome(deed: Any) -> str:
    """What came of something that may fail: the kind of failure, or that it worked."""
    try:
        deed()
    except Exception as failure:
        return type(failure).__name__
    return "worked"


def products() -> dict[str, Any]:
    mug, parent = MinProduct.by_sku("SKU-0007"), MinProduct.by_sku("STYLE-01")
    mug.title = "A new title"
    mug.save()
    parent.short_description = "Short"
    parent.save_to_children(include_fields={"short_description"})
    return {
        "all": len(MinProduct.all()),
        "by_sku": [mug.id, mug.sku],
        "by_id": MinProduct.by_id(mug.id).title,
        "none": outcome(lambda: MinProduct.by_id(1)),
        "search": [found.sku for found in MinProduct.search_by_sku("mug")],
        "parent": parent.id,
        "children": [child.id for child in parent.children if child.short_description == "Short"],
        "child_ids": parent.child_ids,
        "labelled": [found.sku for found in MinProduct.get_products_with_label("Blue")],
        "images": mug.images,
        "available": FullProduct.by_sku("SKU-0008").total_available_quantity,
    }


def cannot() -> dict[str, str]:
    mug, parent = MinProduct.by_sku("SKU-0007"), MinProduct.by_sku("STYLE-01")
    return {
        "whole_product_without_store_flag": outcome(lambda: FullProduct.by_sku("SKU-0007")),
        "save_to_children": outcome(parent.save_to_children),
        "labels": outcome(lambda: mug.labels),
        "centers": outcome(ChannelAdvisorDC.all),
    }


def attributes() -> dict[str, Any]:
    before = AllAttributes.get_attributes_by_id(9009)
    AllAttributes.update_attributes(9009, {"Value": {"Attributes": [{"Name": "Glaze", "Value": "matt"}]}})
    written = AllAttributes.get_attributes_by_id(9009).model_dump()
    AllAttributes.delete_attributes(9009, ["Glaze"])
    left = AllAttributes.get_attributes_by_id(9009).model_dump()
    return {"written": written["Glaze"], "untouched": before.model_dump() == left}


def centers() -> dict[str, Any]:
    rows = ChannelAdvisorClient().get_all_pages("DistributionCenters")
    read = [ChannelAdvisorDC.model_validate(row) for row in rows]
    return {"read": [[row.id, row.code] for row in read]}


def export() -> dict[str, Any]:
    exports = ChannelAdvisorExport()
    token = exports.request_export(filter="startswith(Sku,'SKU-000')").token
    asked = 1
    while not exports.export_is_complete(token):
        asked += 1
    table = exports.export_to_df(token)
    return {"asked": asked, "skus": sorted(table["Sku"]), "quantities": [int(n) for n in table["TotalQuantity"]]}


print(
    json.dumps(
        {
            "products": products(),
            "cannot": cannot(),
            "attributes": attributes(),
            "centers": centers(),
            "export": export(),
            "orders": len(ChannelAdvisorClient().get_all_pages("Orders?$expand=Items")),
        }
    )
)
