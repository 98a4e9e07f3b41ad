"""Labels are put into a folder whole or not at all; where that cannot be, the setting is named."""

import asyncio
from pathlib import Path

import pytest

from crossdock.hooks.errors import NeedsConfig
from crossdock.runtime.labels import printer_folder


def test_a_label_is_written_whole_and_once_more_over_itself(tmp_path: Path) -> None:
    put = printer_folder(tmp_path / "new" / "printer")
    for content in (b"^XA", b"^XA again"):
        asyncio.run(put("N1-b1.zpl", content))
    assert [file.name for file in (tmp_path / "new" / "printer").iterdir()] == ["N1-b1.zpl"]
    assert (tmp_path / "new" / "printer" / "N1-b1.zpl").read_bytes() == b"^XA again"


def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "printer").write_text("a file")
    with pytest.raises(NeedsConfig, match=r"N1-b1\.zpl cannot be written .*; look at `labels.folder` of the config"):
        asyncio.run(printer_folder(tmp_path / "printer")("N1-b1.zpl", b"^XA"))
