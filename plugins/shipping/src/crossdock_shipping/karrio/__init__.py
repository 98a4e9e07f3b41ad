"""karrio: a shipping system that one runs oneself."""
