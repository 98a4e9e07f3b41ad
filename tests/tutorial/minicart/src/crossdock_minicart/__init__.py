"""MiniCart as a cart for crossdock."""
