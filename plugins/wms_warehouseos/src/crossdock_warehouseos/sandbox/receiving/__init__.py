"""Goods that a simulated tenant expects and receives."""
