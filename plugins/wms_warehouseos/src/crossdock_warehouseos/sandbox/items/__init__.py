"""The item master of a simulated tenant."""
