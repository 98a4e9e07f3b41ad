"""Counts the calls of every order source: an extension of a third party."""
