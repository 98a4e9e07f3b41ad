"""How products belong together: parents and children, bundles and components, references and aliases."""

from collections.abc import Callable
from copy import deepcopy

from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.products.documents import AliasRelationship, ChildRelationship, Product
from crossdock_channeladvisor.sandbox.products.shelf import Shelf
from crossdock_channeladvisor.sandbox.products.writing import BUNDLES, check_bundle, check_relation


class Relations:
    """Checks how a product belongs to others, and keeps the other side of it true."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def children(self, product: Product) -> list[int]:
        """The ids of a parent's children."""
        return [row.ChildProductID for row in product.Children]

    def check(self, product: Product, before: Product | None = None) -> None:
        """Refuse new relations that cannot be, and complete the ids and SKUs of those that can.

        What a product was related to may be gone since; so what is as `before` is not checked again.
        """
        if before is None or _as_child(before) != _as_child(product):
            self._check_parent(product)
        if before is None or _as_bundle(before) != _as_bundle(product):
            self._check_bundle(product)
        if before is None or _as_alias(before) != _as_alias(product):
            self._check_alias(product)

    def _check_parent(self, product: Product) -> None:
        parent = self._find(product.ParentProductID, product.ProfileID)
        check_relation(product, parent)
        product.ParentSku = None if parent is None else parent.Sku

    def _check_bundle(self, product: Product) -> None:
        check_bundle(product)
        for component in product.BundleComponents:
            part = self._named(product.ProfileID, component.ComponentSku, component.ComponentID)
            if part is None or part.IsParent or part.BundleType in BUNDLES or part.ID == product.ID:
                name = component.ComponentSku or component.ComponentID
                raise BadQuery(f"The request is invalid. '{name}' is not a product that a bundle can hold.")
            component.ComponentID, component.ComponentSku = part.ID, part.Sku
        if len({component.ComponentID for component in product.BundleComponents}) < len(product.BundleComponents):
            raise BadQuery("The request is invalid. Each of the BundleComponents needs a ComponentID of its own.")

    def _check_alias(self, product: Product) -> None:
        if product.AliasType != "Alias":
            if product.ReferenceSku is not None or product.ReferenceProductID is not None:
                raise BadQuery("The request is invalid. Only a product with AliasType Alias refers to another.")
            return
        known = self._named(product.ProfileID, product.ReferenceSku, product.ReferenceProductID)
        if known is None or known.AliasType == "Alias" or known.IsParent:
            raise BadQuery(f"The request is invalid. '{product.ReferenceSku}' cannot have aliases.")
        product.ReferenceProductID, product.ReferenceSku = known.ID, known.Sku

    def changed(self, before: Product | None, after: Product | None) -> None:
        """A product is new, changed or gone: its parent and its reference take notice."""
        if before is not None and (after is None or before.ParentProductID != after.ParentProductID):
            self._edit(before.ParentProductID, before, _without_child)
        if after is not None and (before is None or before.ParentProductID != after.ParentProductID):
            self._edit(after.ParentProductID, after, _with_child)
        if before is not None and (after is None or before.ReferenceProductID != after.ReferenceProductID):
            self._edit(before.ReferenceProductID, before, _without_alias)
        if after is not None and (before is None or before.ReferenceProductID != after.ReferenceProductID):
            self._edit(after.ReferenceProductID, after, _with_alias)

    def _edit(self, other_id: int | None, product: Product, edit: Callable[[Product, Product], None]) -> None:
        position = None if other_id is None else self._shelf.position(other_id)
        if position is not None:
            other = deepcopy(self._shelf.product(position))
            edit(other, product)
            self._shelf.keep(position, other)

    def _find(self, product_id: int | None, profile: int) -> Product | None:
        position = None if product_id is None else self._shelf.position(product_id)
        product = None if position is None else self._shelf.product(position)
        return product if product is not None and product.ProfileID == profile else None

    def _named(self, profile: int, sku: str | None, product_id: int | None) -> Product | None:
        if not sku:
            return self._find(product_id, profile)
        position = self._shelf.position_of_sku(profile, sku)
        return None if position is None else self._shelf.product(position)


def _as_child(product: Product) -> object:
    return product.IsParent, product.IsInRelationship, product.ParentProductID, product.RelationshipName


def _as_bundle(product: Product) -> object:
    return product.BundleType, product.BundleComponents


def _as_alias(product: Product) -> object:
    return product.AliasType, product.ReferenceSku, product.ReferenceProductID


def _with_child(parent: Product, child: Product) -> None:
    row = ChildRelationship(ParentProductID=parent.ID, ProfileID=parent.ProfileID, ChildProductID=child.ID)
    parent.Children.append(row)


def _without_child(parent: Product, child: Product) -> None:
    parent.Children = [row for row in parent.Children if row.ChildProductID != child.ID]


def _with_alias(reference: Product, alias: Product) -> None:
    row = AliasRelationship(ProfileID=alias.ProfileID, AliasProductID=alias.ID, AliasProductSku=alias.Sku)
    row.ReferenceProductID = reference.ID
    reference.AliasRelationships.append(row)
    reference.AliasType = "Reference"


def _without_alias(reference: Product, alias: Product) -> None:
    reference.AliasRelationships = [row for row in reference.AliasRelationships if row.AliasProductID != alias.ID]
    if not reference.AliasRelationships:
        reference.AliasType = "None"
