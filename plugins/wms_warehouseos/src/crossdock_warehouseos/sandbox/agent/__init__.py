"""The Host Agent of a simulated tenant, which takes and leaves files."""
