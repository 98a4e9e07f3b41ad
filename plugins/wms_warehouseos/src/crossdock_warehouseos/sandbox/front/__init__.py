"""The HTTP side of a simulated tenant."""
