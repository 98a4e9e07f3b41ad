"""Goods that WarehouseOS is to expect."""
