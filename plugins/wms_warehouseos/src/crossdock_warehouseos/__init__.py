"""WarehouseOS as a warehouse for crossdock."""
