"""The flows: each is one directed job of a pipeline, on one page."""
