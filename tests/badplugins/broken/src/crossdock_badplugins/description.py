"""What a well-described plugin says of itself."""

from pydantic import BaseModel, SecretStr

from crossdock import ConnectorInfo, Endpoint, FixedHeaders


class Settings(BaseModel):
    """Settings of a connection."""

    url: str = "http://127.0.0.1:1"
    api_key: SecretStr | None = None


def endpoint(settings: Settings) -> Endpoint:
    """Where the remote system is."""
    return Endpoint(settings.url, FixedHeaders({}))


def describe(name: str, requires_api: tuple[int, int] = (1, 0)) -> ConnectorInfo:
    """A description with this name."""
    return ConnectorInfo(name, f"The {name} plugin", Settings, endpoint, requires_api)
