"""Mails through a real mail server on loopback: what is encrypted, who logs in, and every way to be refused."""

import asyncio
import socket
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest
from mailserver import PASSWORD, USER, MailServer

from crossdock.transport import mail
from crossdock.transport.mail import MailNotTaken, send_mail


def a_mail(*to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "crossdock@example.org", ", ".join(to or ["ada@example.org"])
    message["Subject"] = "Zwei Aufträge – ünmapped"
    message.set_content("Nothing else.\n")
    return message


def send(server: MailServer, message: EmailMessage | None = None, **known: object) -> Mapping[str, str]:
    security = known.pop("security", "none")
    there = mail.MailServer("127.0.0.1", server.port, str(security), **known)  # type: ignore[arg-type]
    return asyncio.run(send_mail(there, message or a_mail()))


def test_a_mail_arrives_as_it_was_written(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        assert send(server) == {}
    (got,) = server.mails
    assert (got["Subject"], got.get_content().strip()) == ("Zwei Aufträge – ünmapped", "Nothing else.")
    assert server.to == [["ada@example.org"]]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_with_tls_the_mail_and_the_password_go_to_a_server_that_is_trusted(tmp_path: Path, security: str) -> None:
    with MailServer(tmp_path, security=security, login=security == "starttls") as server:
        login = {"user": USER, "password": PASSWORD} if security == "starttls" else {}
        send(server, security=security, ca_file=server.certificate, **login)
    assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_trusts_gets_nothing(tmp_path: Path, security: str) -> None:
    with MailServer(tmp_path, security=security) as server, pytest.raises(MailNotTaken, match=r"not trusted .*ca_file"):
        send(server, security=security)
    assert server.mails == []


def test_a_server_without_starttls_gets_nothing_in_clear_text(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server, pytest.raises(MailNotTaken, match="look at `security`"):
        send(server, security="starttls", user=USER, password=PASSWORD)
    assert server.mails == []


def test_a_wrong_password_is_said_without_the_password(tmp_path: Path) -> None:
    with MailServer(tmp_path, security="starttls", login=True) as server, pytest.raises(MailNotTaken) as refused:
        send(server, security="starttls", ca_file=server.certificate, user=USER, password="not-the-password")
    assert "refuses the user or the password (535" in str(refused.value)
    assert "not-the-password" not in str(refused.value)


def test_one_address_that_is_refused_does_not_keep_the_mail_from_the_others(tmp_path: Path) -> None:
    with MailServer(tmp_path, refused=["bob@example.org"]) as server:
        refused = send(server, a_mail("ada@example.org", "bob@example.org"))
    assert refused == {"bob@example.org": "550 bob@example.org is nobody here"}
    assert server.to == [["ada@example.org"]]


def test_when_every_address_is_refused_the_mail_is_not_taken(tmp_path: Path) -> None:
    with (
        MailServer(tmp_path, refused=["ada@example.org"]) as server,
        pytest.raises(MailNotTaken, match="every address"),
    ):
        send(server)


def test_a_server_that_does_not_want_the_mail_says_why(tmp_path: Path) -> None:
    with MailServer(tmp_path, answer="451 try again tomorrow") as server, pytest.raises(MailNotTaken, match="tomorrow"):
        send(server)


def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(MailNotTaken, match=r"no connection to 127\.0\.0\.1"):
        asyncio.run(send_mail(mail.MailServer("127.0.0.1", port, "none"), a_mail()))


def test_a_server_that_says_nothing_does_not_hold_anybody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = mail.MailServer("127.0.0.1", listener.getsockname()[1], "none")
        with pytest.raises(MailNotTaken, match="did not take it in"):
            asyncio.run(send_mail(silent, a_mail(), seconds=0.05))
