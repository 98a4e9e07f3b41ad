"""What is wrong with a document of WarehouseOS, in plain words."""

from collections.abc import Mapping

from pydantic import ValidationError

_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "json_invalid": "is no JSON",
    "json_type": "is no JSON",
    "model_type": "is no object",
    "dict_type": "is no object",
    "list_type": "is no list",
    "tuple_type": "is no list",
    "string_type": "is no text",
    "int_type": "is no whole number",
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "int_parsing_size": "is too large",
    "datetime_type": "is no date",
    "datetime_parsing": "is no date",
    "datetime_from_date_parsing": "is no date",
    "greater_than_equal": "is below {ge}",
    "less_than_equal": "is above {le}",
}


def first_fault(error: ValidationError, whole: str) -> str:
    """Where the first fault is, and what is wrong there; `whole` names the document itself. Quotes nothing of it."""
    fault = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in fault["loc"]) or whole
    if _is_empty(fault["input"]) and fault["type"] != "missing":
        return f"{where} is empty"
    if words := _WORDS.get(fault["type"]):
        return f"{where} {words.format(**fault.get('ctx', {}))}"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"


def _is_empty(told: object) -> bool:
    return told is None or (isinstance(told, str) and not told.strip())
