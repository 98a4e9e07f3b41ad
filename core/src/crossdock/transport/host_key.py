"""Which SSH servers are believed: those that show a host key which the settings name."""

from dataclasses import dataclass

import asyncssh

from crossdock.hooks.errors import NeedsConfig
from crossdock.hooks.files import FileEndpoint

FINGERPRINT = "SHA256:"


@dataclass(frozen=True)
class Trust:
    """The host keys that are believed: by name of the host or for any, and fingerprints of some more."""

    known_hosts: asyncssh.SSHKnownHosts
    fingerprints: frozenset[str]
    nothing: bool

    def refusal(self, host: str, met: str) -> str:
        """Why a server was not believed, and what to do; `met` is the fingerprint of the key that it showed."""
        if self.nothing:
            return f"{host} shows the host key {met}; ask its owner whether that is right, then set host_key to it"
        return f"{host} shows the host key {met}, which is not the one in host_key; ask its owner before you change it"


class Visitor(asyncssh.SSHClient):
    """Looks at the host key that nobody has named otherwise, and remembers its fingerprint."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self.met = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        fingerprint = key.get_fingerprint()
        self.met = f"{key.get_algorithm()} {fingerprint}"
        return fingerprint in self._trust.fingerprints


def trust_in(name: str, endpoint: FileEndpoint) -> Trust:
    """What the settings of the connection `name` believe; raises `NeedsConfig` when they cannot be read."""
    lines = [line.strip() for line in endpoint.host_key.splitlines() if line.strip() and not line.startswith("#")]
    fingerprints = frozenset(word for line in lines for word in line.split() if word.startswith(FINGERPRINT))
    keys = [_public_part(name, line) for line in lines if FINGERPRINT not in line]
    text = "\n".join([*(f"* {key}" for key in keys), _listed(name, endpoint)])
    try:
        known = asyncssh.import_known_hosts(text)
    except ValueError as error:
        raise NeedsConfig(f"{name}: {endpoint.trusted} is not a known_hosts file ({error})") from None
    return Trust(known, fingerprints, nothing=not fingerprints and not text.strip())


def _public_part(name: str, line: str) -> str:
    """The kind and the key of a line, which may begin with the names of hosts."""
    words = line.split()
    for place in range(len(words) - 1):
        key = " ".join(words[place : place + 2])
        if _is_key(key) and not words[0].startswith("@"):
            return key
    raise NeedsConfig(
        f"{name}: host_key has a line that is neither a public key ('ssh-ed25519 AAAA…') nor a fingerprint "
        f"('{FINGERPRINT}…'): {line[:60]}"
    )


def _is_key(text: str) -> bool:
    try:
        asyncssh.import_public_key(text)
    except asyncssh.KeyImportError:
        return False
    return True


def _listed(name: str, endpoint: FileEndpoint) -> str:
    """The known_hosts file, if there is one."""
    if endpoint.trusted is None:
        return ""
    try:
        return endpoint.trusted.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NeedsConfig(f"{name}: the known_hosts file {endpoint.trusted} cannot be read ({error})") from None
