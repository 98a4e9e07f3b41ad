"""Tracking numbers from a shipping system, for crossdock."""
