"""What the file of a label really is, whatever it is called."""

from crossdock.domain import LabelFormat

_ZPL_BEGINS_WITHIN = 1000
"""Bytes; printers are often set up before the `^XA` with which a label of ZPL begins."""


def format_of(content: bytes) -> LabelFormat | None:
    """The format that a file has by its first bytes; None for a web page, and for all that no printer here takes."""
    begin = content.lstrip()[:_ZPL_BEGINS_WITHIN]
    if begin.startswith(b"%PDF"):
        return LabelFormat.PDF
    if begin.startswith(b"\x89PNG"):
        return LabelFormat.PNG
    return LabelFormat.ZPL if b"^XA" in begin and not begin.startswith(b"<") else None
