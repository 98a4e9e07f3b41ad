"""What the file of a label is, by what stands in it and not by what it is called."""

import pytest

from crossdock.domain import LabelFormat
from crossdock_shipping.label_files import format_of


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b"%PDF-1.7 ...", LabelFormat.PDF),
        (b"\n%PDF-1.4", LabelFormat.PDF),
        (b"\x89PNG\r\n\x1a\n...", LabelFormat.PNG),
        (b"^XA^FO30,60^FD1Z^FS^XZ", LabelFormat.ZPL),
        (b"\x10CT~~CD,~CC^~CT~\n^XA~TA000^XZ", LabelFormat.ZPL),
        (b"<html><body>We will be back soon ^XA</body></html>", None),
        (b"  <!DOCTYPE html>", None),
        (b"", None),
        (b'{"error": "not found"}', None),
        (b"GIF89a", None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(content, format):
    assert format_of(content) is format
