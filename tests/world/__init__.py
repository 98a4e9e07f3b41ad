"""A small world to test in: a cart, a warehouse and a parcel service that really listen, and an operator between."""

from world.books import Books
from world.ends import Cart, Parcels, Warehouse
from world.operator import Finished, World, open_world
from world.sales import Line, sale
from world.wire import Wire

__all__ = ["Books", "Cart", "Finished", "Line", "Parcels", "Warehouse", "Wire", "World", "open_world", "sale"]
