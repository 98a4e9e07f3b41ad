"""Real file servers on this machine, which can misbehave."""
