"""The whole kit for the plugin."""

from crossdock.testing import conformance

test_conformance = conformance("shipping")
