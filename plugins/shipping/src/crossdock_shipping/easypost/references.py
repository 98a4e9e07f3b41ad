"""References of shipments: our key, written so that it can stand in the path of a URL."""

from urllib.parse import quote, unquote


def reference_of(prefix: str, key: str) -> str:
    """The reference of what is bought under a key: letters, digits, `-`, and `_2F` for what is a slash in UTF-8."""
    coded = quote(key, safe="")
    for sign in "_.~":  # these stay as they are in a URL, but a dot may be taken for a file's suffix there
        coded = coded.replace(sign, f"%{ord(sign):02X}")
    return prefix + coded.replace("%", "_")


def key_in(prefix: str, reference: str) -> str:
    """The key in a reference of ours; empty for a reference of somebody else."""
    if not reference.startswith(prefix):
        return ""
    try:
        key = unquote(reference[len(prefix) :].replace("_", "%"), errors="strict")
        return key if reference_of(prefix, key) == reference else ""
    except UnicodeError:
        return ""
