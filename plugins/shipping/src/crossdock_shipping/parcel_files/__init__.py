"""Parcels out of CSV files that a shipping system writes, in a folder or on a file server."""
