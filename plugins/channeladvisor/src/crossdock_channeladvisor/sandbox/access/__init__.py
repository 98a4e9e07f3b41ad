"""The way in: tokens, limits, and how an application comes to its tokens."""
