"""Benchmarks: programs that print a table, each figure beside a hand-written floor of the same round."""
