"""What a sink must be told of a product."""

from crossdock.domain import Product
from crossdock.engine.product_changes import changed_fields, fingerprint

from .goods import a_product


def test_what_differs_by_nature_is_no_change() -> None:
    one, other = a_product("A"), a_product("A", external_id="other", profile="2")
    assert fingerprint(one) == fingerprint(other)
    assert changed_fields(one, other) == ()
    assert changed_fields(one, a_product("A", labels=("new",))) == ("labels",)
    assert set(changed_fields(None, one)) == set(Product.model_fields) - {"external_id", "profile", "updated_at"}
