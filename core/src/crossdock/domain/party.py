"""People and places that an order names."""

from crossdock.domain.document import Document


class Address(Document):
    """Where something goes, as the cart gave it; every part may be missing, nothing is guessed."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""

    @property
    def country_code(self) -> str:
        """The country, in whatever way the cart wrote its letters."""
        return self.country.strip().upper()

    def missing_parts(self) -> tuple[str, ...]:
        """The parts without which no parcel can be addressed."""
        needed = {"name or company": self.name or self.company, "line1": self.line1, "city": self.city}
        needed["country"] = self.country
        return tuple(part for part, value in needed.items() if not value.strip())
