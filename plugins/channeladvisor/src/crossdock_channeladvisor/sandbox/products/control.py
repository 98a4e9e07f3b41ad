"""The control paths of products and stock: what a person does in the account, and what is true."""

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.errors import BadQuery, Refused
from crossdock_channeladvisor.sandbox.products.documents import Product
from crossdock_channeladvisor.sandbox.products.products import Products


class ProductControl:
    """Answers `/_products`, `/_stock` and `/_truth/stock`.

    POST /_products  {"create": {fields}}, {"id": ID or "sku": SKU, and "set": {fields}, "delete": true,
                     "rename": new SKU, "recreate": true (the same product with another id and nothing in stock) or
                     "duplicate": {fields} (the same once more, for the SKU in another profile)}. Answers with the id
    POST /_stock     {"sku": SKU or "id": ID, "center": ID, "quantity": n} and "type" (Absolute if left out)
                     or {..., "open_listings": n}: what is promised to open listings
    GET  /_truth/stock[?sku=SKU][&profile=ID]  per product id: its numbers by centre and its ledger; without a SKU of
                     every product whose stock was changed
    """

    def __init__(self, products: Products) -> None:
        self._products = products

    def routes(self) -> list[Route]:
        """The paths."""
        return [
            Route("/_products", self._edit, methods=["POST"]),
            Route("/_stock", self._set, methods=["POST"]),
            Route("/_truth/stock", self._truth),
        ]

    async def _edit(self, request: Request) -> Response:
        try:
            return JSONResponse({"ID": self._edited(json.loads(await request.body()))})
        except Refused as refusal:
            return refusal.answer

    def _edited(self, wish: dict[str, Any]) -> int:
        if "create" in wish:
            return self._products.create(wish["create"]).ID
        product = self._wanted(wish)
        if wish.get("delete"):
            self._products.delete(product.ID)
        elif wish.get("recreate"):
            self._products.delete(product.ID)
            return self._products.create(_written_fields(product)).ID
        elif "duplicate" in wish:
            return self._products.create(_written_fields(product) | wish["duplicate"]).ID
        elif "rename" in wish:
            self._products.rename(product.ID, wish["rename"])
        else:
            self._products.patch(product.ID, wish["set"])
        return product.ID

    async def _set(self, request: Request) -> Response:
        wish = json.loads(await request.body())
        try:
            product = self._wanted(wish)
            if "open_listings" in wish:
                self._products.set_open_listings(product.ID, wish["center"], wish["open_listings"])
            else:
                kind = wish.get("type", "Absolute")
                self._products.set_quantity(product.ID, kind, {wish["center"]: wish["quantity"]}, cause="Person")
        except Refused as refusal:
            return refusal.answer
        return JSONResponse(self._story(product.ID))

    async def _truth(self, request: Request) -> Response:
        sku = request.query_params.get("sku")
        if sku is None:
            ids = [id_ for id_ in self._products.changed_stock() if self._products.positions_of_ids([id_])]
        else:
            profile = request.query_params.get("profile")
            profiles = self._products.options.profiles if profile is None else (int(profile),)
            known = (self._products.by_sku(each, sku) for each in profiles)
            ids = [product.ID for product in known if product is not None]
        return JSONResponse({"products": {str(id_): self._story(id_) for id_ in ids}})

    def _wanted(self, wish: dict[str, Any]) -> Product:
        if "id" in wish:
            return self._products.find(wish["id"])
        profile = wish.get("profile", self._products.options.profiles[0])
        product = self._products.by_sku(profile, wish["sku"])
        if product is None:
            raise BadQuery(f"There is no product with Sku '{wish['sku']}' in profile {profile}.")
        return product

    def _story(self, product_id: int) -> dict[str, Any]:
        product = self._products.find(product_id)
        levels = self._products.levels(product)
        return {
            "sku": product.Sku,
            "profile": product.ProfileID,
            "total_available": product.TotalAvailableQuantity,
            "centers": {
                str(center): {**asdict(level), "available": level.available} for center, level in levels.items()
            },
            "ledger": [asdict(change) for change in self._products.ledger(product_id)],
        }


def _written_fields(product: Product) -> dict[str, Any]:
    """What a person types in again when a product is made anew."""
    kept = ("ProfileID", "Sku", "Title", "Brand", "Manufacturer", "MPN", "UPC", "Condition", "Weight", "BuyItNowPrice")
    fields = {name: getattr(product, name) for name in kept}
    if product.BundleType in ("BundleItem", "AssemblyBundleItem"):
        rows = [{"ComponentSku": row.ComponentSku, "Quantity": row.Quantity} for row in product.BundleComponents]
        fields |= {"BundleType": product.BundleType, "BundleComponents": rows}
    return fields
