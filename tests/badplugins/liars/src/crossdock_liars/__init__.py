"""Extensions that bend one promise of a real connector: every other thing it does as it should."""
