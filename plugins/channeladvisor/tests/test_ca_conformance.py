"""The plugin keeps every law of the conformance kit."""

from crossdock.testing import conformance

test_conformance = conformance("channeladvisor")
