"""An assertion fails while it is imported; stevedore lets those through."""

assert 1 + 1 == 3, "the world is not as expected"
