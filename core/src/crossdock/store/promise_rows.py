"""The row of a promise that nobody has tried yet."""

from crossdock.engine.ledger import Kind, PromiseState


def due_row(
    pipeline: str, connection: str, kind: Kind, order_id: int, key: str, document: bytes, now: int
) -> dict[str, object]:
    """The row of a promise that is due at once."""
    return {
        "pipeline": pipeline,
        "connection": connection,
        "kind": kind.value,
        "key": key,
        "order_id": order_id,
        "state": PromiseState.DUE.value,
        "closes": False,
        "attempts": 0,
        "due_at": now,
        "created_at": now,
        "ref": "",
        "error": "",
        "document": document,
    }
