"""How the service says no: two envelopes, and now and then neither."""

from starlette.responses import JSONResponse, PlainTextResponse, Response


class Refused(Exception):
    """A request that is not done; `answer` is what the caller gets."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class BadQuery(Refused):
    """A request that OData cannot read: 400 in the `error` envelope."""

    def __init__(self, message: str) -> None:
        super().__init__(odata_error(400, message))


def no_such_property(name: str, document: type, purpose: str = "") -> BadQuery:
    """400 for a name that this kind of document does not know."""
    return BadQuery(
        f"Could not find a property named '{name}' on type "
        f"'ChannelAdvisor.RestApi.V1.Models.{document.__name__}'{purpose}."
    )


def odata_error(status: int, message: str) -> Response:
    """The envelope of the OData layer; its codes are empty."""
    return JSONResponse({"error": {"code": "", "message": message}}, status_code=status)


def no_such_row(entity_set: str, row_id: int) -> Refused:
    """404 for a row that is not there (which envelope the service uses is assumed)."""
    return Refused(odata_error(404, f"There is no {row_id} among the {entity_set}."))


def unauthorized() -> Response:
    """401 of the web layer."""
    return JSONResponse({"Message": "Authorization has been denied for this request."}, status_code=401)


def no_route(uri: str) -> Response:
    """404 of the web layer."""
    message = f"No HTTP resource was found that matches the request URI '{uri}'."
    return JSONResponse({"$id": "1", "Message": message}, status_code=404)


def too_many() -> Response:
    """429; no client was seen to find a header or JSON in it."""
    return PlainTextResponse("Too many requests", status_code=429)
