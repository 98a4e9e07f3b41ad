"""Cancellations and refunds: asked for where the site allows it, found there again."""
