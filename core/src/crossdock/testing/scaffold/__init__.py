"""A plugin to begin with: it installs, loads, brings a simulator, and says of everything else that it is not written.

What is left to do is what the conformance kit finds broken in it.
"""

from crossdock.testing.scaffold.draft import Draft, Unfit, draft
from crossdock.testing.scaffold.writing import files_of, write

__all__ = ["Draft", "Unfit", "draft", "files_of", "write"]
