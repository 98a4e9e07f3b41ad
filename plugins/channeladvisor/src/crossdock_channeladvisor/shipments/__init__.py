"""Shipments: what the cart is told, found there again, and what the marketplace makes of it."""
