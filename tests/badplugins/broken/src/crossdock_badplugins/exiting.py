"""Wants to end the whole program."""

import sys

sys.exit("no licence found")
