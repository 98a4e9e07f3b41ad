"""Tracking numbers that are well formed, and the same for the same box."""

from crossdock.domain import number_of

_ACCOUNT_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def tracking_number(carrier: str, box: str) -> str:
    """A number of the carrier's kind with a right check digit: UPS 1Z, otherwise 22 digits as the US mail has."""
    seed = number_of(f"tracking:{box}")
    return _ups(seed) if carrier.upper() == "UPS" else _mail(seed)


def _ups(seed: int) -> str:
    """1Z, six signs of an account, two of a service, seven of a parcel, a check digit."""
    account = ""
    for _ in range(6):
        seed, sign = divmod(seed, len(_ACCOUNT_SIGNS))
        account += _ACCOUNT_SIGNS[sign]
    body = f"{account}03{seed % 10**7:07}"
    return f"1Z{body}{ups_check_digit(body)}"


def ups_check_digit(body: str) -> int:
    """The last digit of a 1Z number from the 15 signs between; letters count from A = 2, modulo 10."""
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in body]
    return -(sum(values[0::2]) + 2 * sum(values[1::2])) % 10


def _mail(seed: int) -> str:
    body = f"94{seed % 10**19:019}"
    return f"{body}{mail_check_digit(body)}"


def mail_check_digit(body: str) -> int:
    """The last digit of a mail number: every second digit from the right counts three times, modulo 10."""
    digits = [int(sign) for sign in reversed(body)]
    return -(3 * sum(digits[0::2]) + sum(digits[1::2])) % 10
