"""Must never be imported while the other twin is installed."""

raise RuntimeError("a conflict is refused before anything is imported")
