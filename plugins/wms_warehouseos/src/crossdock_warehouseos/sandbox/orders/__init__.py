"""The orders of a simulated tenant."""
