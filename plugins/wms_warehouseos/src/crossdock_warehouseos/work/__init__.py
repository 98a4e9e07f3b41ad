"""Work done in WarehouseOS: picks, boxes, stock and goods that moved, as its host messages tell."""
