"""What every table of the config is made of."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """One table of the config: closed, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
