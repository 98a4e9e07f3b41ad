"""Decides what happens to orders and shipments. Knows ports and roles; no vendor, no table, no socket."""
