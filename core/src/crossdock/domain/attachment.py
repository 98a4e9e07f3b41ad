"""Papers that travel with an order."""

from crossdock.domain.document import Document


class Attachment(Document):
    """A picture or a file that everyone with its address can read, such as a marketplace's packing slip."""

    name: str
    url: str
