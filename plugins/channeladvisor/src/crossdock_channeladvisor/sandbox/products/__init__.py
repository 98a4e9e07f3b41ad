"""Products and stock of the simulated ChannelAdvisor.

Programs work with `Products`: find, by_sku, select, create, patch, delete, set_quantity. What lies behind it:
`assortment` (what is sold from the beginning), `shelf` (where products stand), `writing`, `relations` and `rows` (what
is taken and what is refused), `stock` (every number of a product), `reservations` (what orders hold of it).
"""

from crossdock_channeladvisor.sandbox.products.assortment import ALIASES, STYLES, UNSTOCKED_SKU
from crossdock_channeladvisor.sandbox.products.control import ProductControl
from crossdock_channeladvisor.sandbox.products.documents import Product
from crossdock_channeladvisor.sandbox.products.products import Products
from crossdock_channeladvisor.sandbox.products.service import ProductService

__all__ = ["ALIASES", "STYLES", "UNSTOCKED_SKU", "Product", "ProductControl", "ProductService", "Products"]
