"""The products of the seller, with their stock: what the API, files and people do to them goes through here."""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from typing import Any

from msgspec import structs

from crossdock_channeladvisor.sandbox.errors import BadQuery, Refused, odata_error
from crossdock_channeladvisor.sandbox.odata.filter import possible_values
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.sale import Sale
from crossdock_channeladvisor.sandbox.products.assortment import Assortment
from crossdock_channeladvisor.sandbox.products.documents import DCQuantity, Product
from crossdock_channeladvisor.sandbox.products.relations import Relations
from crossdock_channeladvisor.sandbox.products.reservations import Pieces, Reservations
from crossdock_channeladvisor.sandbox.products.shelf import Shelf
from crossdock_channeladvisor.sandbox.products.stock import Change, Level, Stock, bundle_levels
from crossdock_channeladvisor.sandbox.products.updates import EXTERNAL, check_has_stock, checked_update
from crossdock_channeladvisor.sandbox.products.views import ProductSelection, ProductView
from crossdock_channeladvisor.sandbox.products.writing import BUNDLES, for_children, own, written

_VIEWS_KEPT = 16
_ALONE = {"ParentProductID": None, "IsInRelationship": False, "RelationshipName": None, "VaryBy": None}


class Products:
    """Every product of every profile. What it gives out is a copy; what is wrong is refused with 400 or 404."""

    def __init__(self, seed: int, account: Account) -> None:
        self.options = account.options
        assortment = Assortment(seed, len(account.sales), account.options)
        self._shelf = Shelf(assortment)
        self._stamp = account.stamp
        self._stock = Stock(assortment.on_hand, account.stamp)
        multiplied = account.options.bundle_quantity == "multiplied"
        self._reservations = Reservations(self._stock, self.parts_of, EXTERNAL, multiplied=multiplied)
        self._relations = Relations(self._shelf)
        self._views: OrderedDict[ProductSelection, ProductView] = OrderedDict()
        self._parts: dict[tuple[int, str], Pieces] = {}
        self._former: dict[tuple[int, str], int] = {}
        self._edits = 0
        self._reservations.begin_with(account.sales)
        account.watch(self.follow)

    def state(self) -> object:
        """All that `restore` needs."""
        return self._shelf.state(), self._stock.state(), self._reservations.state(), self._former

    def restore(self, state: Any) -> None:
        """Go on where other products were."""
        shelf, stock, reservations, self._former = state
        self._shelf.restore(shelf)
        self._stock.restore(stock)
        self._reservations.restore(reservations)
        self._views.clear()
        self._parts.clear()
        self._edits += 1

    def find(self, product_id: int) -> Product:
        """The product with this id, whole; raises 404."""
        return self.at(self._position(product_id))

    def by_sku(self, profile: int, sku: str) -> Product | None:
        """The product with this SKU in a profile, whole; SKUs are the same in capitals or not."""
        position = self._shelf.position_of_sku(profile, sku)
        return None if position is None else self.at(position)

    def select(self, filter_text: str | None = None) -> Iterator[Product]:
        """The products that an OData filter matches, one by one as they are taken; all if there is none."""
        # A copy: whoever walks through them may change them.
        return map(self.at, self.positions(ProductSelection(filter_text or None))[:])

    def positions(self, selection: ProductSelection) -> Sequence[int]:
        """Where the products of a selection stand; raises 400 if its filter or order cannot be read."""
        if selection.is_everything:
            return self._shelf.positions
        if (few := self._named(selection)) is not None:
            return few
        view = self._views.get(selection)
        if view is None:
            view = self._views[selection] = ProductView(selection, self._shelf.positions, self._reader(selection))
            if len(self._views) > _VIEWS_KEPT:
                self._views.popitem(last=False)
        self._views.move_to_end(selection)
        return view.positions

    def at(self, position: int, *, collections: bool = True, quantities: bool = True) -> Product:
        """The product at a position, with or without its collections and quantities."""
        product = self._shelf.product(position, collections=collections)
        changes: dict[str, Any] = {}
        if (last := self._stock.last_change(product.ID)) is not None:
            changes = {"QuantityUpdateDateUtc": last.at, "UpdateDateUtc": _later(product.UpdateDateUtc, last.at)}
        if quantities:
            changes |= _numbers(product, self.levels(product))
        return structs.replace(product, **changes)

    def all_positions(self) -> Sequence[int]:
        """Where every product stands, the oldest first."""
        return self._shelf.positions

    def edited(self) -> Sequence[int]:
        """Where those products stand that were added or changed since the beginning."""
        return sorted(self._shelf.kept())

    def positions_of_ids(self, ids: Collection[int]) -> Sequence[int]:
        """Where the products with these ids stand, those that are there."""
        return sorted(position for position in map(self._shelf.position, ids) if position is not None)

    def quantities_at(self, position: int) -> list[DCQuantity]:
        """What the distribution centres can sell of the product at a position."""
        product = self._shelf.product(position, collections=False)
        return _quantities(product, self.levels(product))

    def version(self, *, quantities: bool) -> object:
        """Another one when products or centres come or go, or (if it matters) when any quantity moves."""
        return self._edits, self._stock.rows_added, self._stock.changes if quantities else 0

    def parts_of(self, profile: int, sku: str) -> Pieces:
        """What one unit of a SKU takes from the stock: products, and pieces of each; nothing if it is not known."""
        key = profile, sku.lower()
        if key not in self._parts:
            position = self._shelf.position_of_sku(profile, sku)
            self._parts[key] = self._formerly(key) if position is None else self._parts_at(position)
        return self._parts[key]

    def _formerly(self, key: tuple[int, str]) -> Pieces:
        """What an order takes that names a product by the SKU it had once."""
        position = self._shelf.position(self._former[key]) if key in self._former else None
        return () if position is None else self._parts_at(position)

    def _parts_at(self, position: int) -> Pieces:
        product = self._shelf.product(position)
        if product.AliasType == "Alias" and product.ReferenceProductID is not None:
            return self.parts_of(product.ProfileID, product.ReferenceSku or "")
        if product.BundleType in BUNDLES:
            return tuple((row.ComponentID, row.Quantity) for row in product.BundleComponents)
        return ((product.ID, 1),)

    def _named(self, selection: ProductSelection) -> Sequence[int] | None:
        """The positions of a selection that names the products it wants by SKU or id."""
        text = selection.filter
        if text is None:
            return None
        matches = selection.predicate()
        if (ids := possible_values(text, "ID")) is not None:
            found = self.positions_of_ids(ids)
        elif (skus := possible_values(text, "Sku")) is not None:
            places = {self._shelf.position_of_sku(profile, sku) for profile in self.options.profiles for sku in skus}
            found = sorted(place for place in places if place is not None)
        else:
            return None
        return selection.sorted([position for position in found if matches(self.at(position))], self.at)

    def _reader(self, selection: ProductSelection) -> Any:
        collections, quantities = selection.needs_collections, selection.needs_quantities
        return lambda position: self.at(position, collections=collections, quantities=quantities)

    def _position(self, product_id: int) -> int:
        position = self._shelf.position(product_id)
        if position is None:
            raise Refused(odata_error(404, f"Product {product_id} was not found."))
        return position

    def create(self, fields: Mapping[str, Any]) -> Product:
        """A new product; `fields` as in the body of `POST /v1/Products`."""
        if "CopyToChildren" in fields:
            raise BadQuery("The request is invalid. CopyToChildren cannot be used when a product is created.")
        own_fields = {**fields, "ProfileID": self._profile(fields)}
        now = self._stamp()
        product = written(Product(CreateDateUtc=now, UpdateDateUtc=now), own_fields)
        if self._shelf.position_of_sku(product.ProfileID, product.Sku) is not None:
            raise BadQuery(f"A product with Sku '{product.Sku}' already exists in profile {product.ProfileID}.")
        self._relations.check(product)
        position = self._shelf.add(product)
        own(product)
        self._relations.changed(None, product)
        self._notice({position})
        return self.at(position)

    def patch(self, product_id: int, fields: Mapping[str, Any]) -> Product:
        """Change a product; `fields` as in the body of `PATCH /v1/Products(ID)`."""
        position = self._position(product_id)
        before = self._shelf.product(position)
        _check_patch(before, fields)
        after = written(before, {name: value for name, value in fields.items() if name != "CopyToChildren"})
        self._save(position, before, after)
        if fields.get("CopyToChildren") and (copied := for_children(fields)):
            for child in self._relations.children(after):
                self.patch(child, copied)
        return self.at(position)

    def change(self, product_id: int) -> Product:
        """A copy of a product to change and `save`; raises 404."""
        return deepcopy(self._shelf.product(self._position(product_id)))

    def save(self, product: Product) -> None:
        """A changed copy takes the place of the product."""
        position = self._position(product.ID)
        self._save(position, self._shelf.product(position), own(product))

    def rename(self, product_id: int, sku: str) -> None:
        """A person gives a product another SKU, which the API refuses to do.

        Its children, its aliases and the orders that hold it follow; bundles go on naming its old SKU (assumed).
        """
        before, after = self._shelf.product(self._position(product_id)), self.change(product_id)
        if self._shelf.position_of_sku(before.ProfileID, sku) not in (None, self._position(product_id)):
            raise BadQuery(f"A product with Sku '{sku}' already exists in profile {before.ProfileID}.")
        after.Sku = sku
        self._former[before.ProfileID, before.Sku.lower()] = product_id
        self._shelf.rename(self._position(product_id), sku)
        self.save(after)
        for child in self._relations.children(after):
            self._refer(child, ParentSku=sku)
        for alias in after.AliasRelationships:
            self._refer(alias.AliasProductID, ReferenceSku=sku)

    def _refer(self, product_id: int, **named: str) -> None:
        """A product names another one, which has another SKU by now."""
        if (position := self._shelf.position(product_id)) is not None:
            self._shelf.keep(position, structs.replace(self._shelf.product(position), **named))

    def remove_children(self, parent_id: int, children: Sequence[int]) -> None:
        """Children of a parent stand alone from now on."""
        known = self._relations.children(self._shelf.product(self._position(parent_id)))
        for child in children:
            if child not in known:
                raise BadQuery(f"Product {child} is not a child of product {parent_id}.")
        for child in children:
            self.patch(child, _ALONE)

    def delete(self, product_id: int) -> None:
        """A product is gone: its SKU is free, children stand alone."""
        position = self._position(product_id)
        product = self._shelf.product(position)
        for child in self._relations.children(product):
            self.patch(child, _ALONE)
        product = self._shelf.product(position)
        self._shelf.remove(position)
        self._stock.forget(product_id)
        self._relations.changed(product, None)
        self._notice({position})

    def _save(self, position: int, before: Product, after: Product) -> None:
        self._relations.check(after, before)
        after.UpdateDateUtc = self._stamp()
        if after.IsBlocked and not before.IsBlocked:
            after.BlockedDateUtc = after.UpdateDateUtc
        self._shelf.keep(position, after)
        self._relations.changed(before, after)
        self._notice({position})

    def _profile(self, fields: Mapping[str, Any]) -> int:
        profiles = self.options.profiles
        wanted = fields.get("ProfileID")
        if wanted is None and len(profiles) == 1:
            return profiles[0]
        if str(wanted) not in map(str, profiles):
            raise BadQuery("The request is invalid. ProfileID must name one of the profiles of the authorization.")
        return int(str(wanted))

    def levels(self, product: Product) -> Mapping[int, Level]:
        """What there is of a product in each distribution centre; computed for bundles and aliases."""
        if product.IsParent:
            return {}
        if product.AliasType == "Alias":
            reference = self._shelf.position_of_sku(product.ProfileID, product.ReferenceSku or "")
            return {} if reference is None else self.levels(self._shelf.product(reference))
        if product.BundleType in BUNDLES:
            parts = self.parts_of(product.ProfileID, product.Sku)
            return bundle_levels([(self._stock.levels(part), pieces) for part, pieces in parts])
        return self._stock.levels(product.ID)

    def ledger(self, product_id: int) -> tuple[Change, ...]:
        """Every change of what was available of a product, the oldest first."""
        return self._stock.ledger(product_id)

    def changed_stock(self) -> list[int]:
        """The products that have a ledger."""
        return self._stock.touched()

    def set_quantity(
        self, product_id: int, kind: str, numbers: Mapping[int, int], *, complete: bool = False, cause: str = ""
    ) -> None:
        """Update what lies in distribution centres; `kind`: an UpdateType, `cause`: what the ledger says instead.

        `complete`: the seller's other centres of the product become empty, as by Absolute 0 (assumed).
        """
        product = self._shelf.product(self._position(product_id), collections=False)
        checked = checked_update(product, kind, numbers, center_zero=self.options.center_zero)
        self._stock.update(product_id, checked, numbers, cause)
        if complete:
            others = self._stock.levels(product_id).keys() - numbers.keys() - EXTERNAL
            self._stock.update(product_id, "Absolute", dict.fromkeys(sorted(others), 0), cause)
        self._notice({self._position(product_id)}, stock=True)

    def set_open_listings(self, product_id: int, center: int, pieces: int) -> None:
        """So many pieces of what lies in a centre are promised to open listings."""
        product = self._shelf.product(self._position(product_id), collections=False)
        check_has_stock(product)
        level = self._stock.levels(product_id).get(center, Level())
        self._stock.put(product_id, center, replace(level, open_listings=pieces), "Open listings")
        self._notice({self._position(product_id)}, stock=True)

    def follow(self, sale: Sale) -> None:
        """Reserve for an order that is new or has changed."""
        moved = self._reservations.follow(sale)
        self._notice({self._shelf.position(product) for product in moved} - {None}, stock=True)

    def _notice(self, positions: Collection[int | None], *, stock: bool = False) -> None:
        """Every list takes notice of products that are new, changed or gone."""
        if not stock:
            self._parts.clear()
            self._edits += 1
        for selection, view in list(self._views.items()):
            if not view.lasts:
                del self._views[selection]
                continue
            for position in positions:
                if position is not None:
                    view.refresh(position, position in self._shelf)


def _check_patch(product: Product, fields: Mapping[str, Any]) -> None:
    for name, is_same in (("Sku", str.lower), ("ProfileID", str)):
        if name in fields and is_same(str(fields[name])) != is_same(str(getattr(product, name))):
            raise BadQuery(f"The request is invalid. {name} cannot be changed.")
    for name in ("Attributes", "Images", "Labels", "BundleComponents"):
        if name in fields:
            raise BadQuery(f"The request is invalid. {name} have calls of their own and are not updated here.")


def _numbers(product: Product, levels: Mapping[int, Level]) -> dict[str, Any]:
    sums = {
        "OpenAllocatedQuantity": sum(level.open_listings for level in levels.values()),
        "PendingCheckoutQuantity": sum(level.pending_checkout for level in levels.values()),
        "PendingPaymentQuantity": sum(level.pending_payment for level in levels.values()),
        "PendingShipmentQuantity": sum(level.pending_shipment for level in levels.values()),
        "TotalQuantity": sum(level.on_hand for level in levels.values()),
    }
    rows = _quantities(product, levels)
    total = sum(row.AvailableQuantity for row in rows) if rows else None
    pooled = {f"{name}Pooled": number for name, number in sums.items()}
    return {**sums, **pooled, "TotalAvailableQuantity": total, "DCQuantities": rows}


def _quantities(product: Product, levels: Mapping[int, Level]) -> list[DCQuantity]:
    return [
        DCQuantity(
            ProductID=product.ID,
            ProfileID=product.ProfileID,
            DistributionCenterID=center,
            AvailableQuantity=level.available,
        )
        for center, level in sorted(levels.items())
    ]


def _later(one: str | None, other: str) -> str:
    return other if one is None or datetime.fromisoformat(one) < datetime.fromisoformat(other) else one
