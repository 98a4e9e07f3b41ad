"""`GET /v1/$metadata`, which needs no token (documented), and `GET /v1/`: what there is, as OData 4 describes it.

Assumed: the service document needs a token of any scope; the container is called Container and lies in the namespace of
the models, and so do the actions.
"""

from functools import lru_cache
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.access.gate import METADATA
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.documents import NAVIGATIONS
from crossdock_channeladvisor.sandbox.odata.enumerations import ENUMERATIONS
from crossdock_channeladvisor.sandbox.odata.listing import base_of, encode, json_answer
from crossdock_channeladvisor.sandbox.odata.schema import (
    ACTIONS,
    ENTITIES,
    NAMESPACE,
    SETS,
    Action,
    Property,
    complex_types,
    key_of,
    name_of,
    parameters,
    properties,
)

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


class Metadata:
    """Tells what the service is made of."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def routes(self) -> list[Route]:
        """The two documents."""
        return [
            self._counts.route("GET", METADATA, "metadata", self._metadata),
            self._counts.route("GET", "/v1/", "service_document", self._service_document),
        ]

    async def _metadata(self, request: Request) -> Response:
        return Response(metadata_document(), headers={"OData-Version": "4.0"}, media_type="application/xml")

    async def _service_document(self, request: Request) -> Response:
        sets = [{"name": name, "kind": "EntitySet", "url": name} for name in SETS]
        return json_answer(encode({"@odata.context": f"{base_of(request)}/$metadata", "value": sets}))


@lru_cache
def metadata_document() -> bytes:
    """The CSDL of all that is served."""
    root = Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    schema = SubElement(SubElement(root, "edmx:DataServices"), "Schema", {"Namespace": NAMESPACE, "xmlns": _EDM})
    for document in ENTITIES:
        _add_entity(schema, document)
    for document in complex_types():
        _add_properties(SubElement(schema, "ComplexType", {"Name": name_of(document)}), document)
    for name in ENUMERATIONS:
        _add_enumeration(schema, name)
    for action in ACTIONS:
        _add_action(schema, action)
    _add_container(schema)
    return bytes(tostring(root, "utf-8", xml_declaration=True))


def _add_entity(schema: Element, document: type[Struct]) -> None:
    entity = SubElement(schema, "EntityType", {"Name": name_of(document)})
    key = SubElement(entity, "Key")
    for name in key_of(document):
        SubElement(key, "PropertyRef", {"Name": name})
    _add_properties(entity, document)
    for name, rows in NAVIGATIONS.get(document, {}).items():
        many = f"Collection({NAMESPACE}.{name_of(rows)})"
        SubElement(entity, "NavigationProperty", {"Name": name, "Type": many})


def _add_properties(owner: Element, document: type[Struct]) -> None:
    for each in properties(document):
        SubElement(owner, "Property", _described(each))


def _described(each: Property) -> dict[str, str]:
    described = {"Name": each.name, "Type": f"Collection({each.kind})" if each.many else each.kind}
    return described if each.nullable else {**described, "Nullable": "false"}


def _add_enumeration(schema: Element, name: str) -> None:
    enumeration = SubElement(schema, "EnumType", {"Name": name})
    for word, number in ENUMERATIONS[name].items():
        SubElement(enumeration, "Member", {"Name": word, "Value": str(number)})


def _add_action(schema: Element, action: Action) -> None:
    declared = SubElement(schema, "Action", {"Name": action.name, "IsBound": "true"})
    bound_to = f"{NAMESPACE}.{name_of(action.bound_to)}"
    SubElement(declared, "Parameter", {"Name": "bindingParameter", "Type": bound_to})
    for each in parameters(action):
        SubElement(declared, "Parameter", _described(each))


def _add_container(schema: Element) -> None:
    container = SubElement(schema, "EntityContainer", {"Name": "Container"})
    homes = {document: name for name, document in SETS.items()}
    for set_name, document in SETS.items():
        entity_set = SubElement(
            container, "EntitySet", {"Name": set_name, "EntityType": f"{NAMESPACE}.{name_of(document)}"}
        )
        for path, rows in NAVIGATIONS.get(document, {}).items():
            if rows in homes:
                SubElement(entity_set, "NavigationPropertyBinding", {"Path": path, "Target": homes[rows]})
