"""How a simulated tenant says no."""


class Refused(Exception):
    """The tenant says no, with an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
