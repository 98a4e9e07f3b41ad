"""`python -m crossdock` is the same as `crossdock`."""

from crossdock.cli import main

main()
