"""Plugins that go wrong, for the tests of crossdock."""
