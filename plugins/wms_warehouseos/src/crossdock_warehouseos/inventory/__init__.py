"""What lies where in WarehouseOS."""
