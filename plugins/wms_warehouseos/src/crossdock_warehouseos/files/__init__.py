"""Orders, items and picks as files that WarehouseOS's Host Agent takes and leaves."""
