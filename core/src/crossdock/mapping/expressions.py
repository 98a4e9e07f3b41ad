"""Expressions over an order: JMESPath, compiled once."""

import jmespath
from jmespath.exceptions import JMESPathError


def check_expression(text: str) -> str:
    """The expression as it is written; raises `ValueError` where it is not JMESPath."""
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"a JMESPath expression; {' '.join(str(error).split())}") from error
    return text
