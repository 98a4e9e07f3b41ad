"""Items and bundles of WarehouseOS."""
