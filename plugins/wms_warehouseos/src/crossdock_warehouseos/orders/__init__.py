"""Orders into WarehouseOS: written, held, found, taken back."""
