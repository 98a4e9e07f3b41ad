"""What the simulated ChannelAdvisor says of itself is what it serves: names, types, keys, sets and actions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

NAMESPACE = "ChannelAdvisor.RestApi.V1.Models"
EDM = {"edm": "http://docs.oasis-open.org/odata/ns/edm", "edmx": "http://docs.oasis-open.org/odata/ns/edmx"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z")
COUNTS = {"Edm.Int32": range(-(2**31), 2**31), "Edm.Byte": range(256)}
ELSEWHERE = {"Promotion"}
"""No generated order has one of these."""


@dataclass
class Declared:
    """The metadata, by name."""

    kinds: dict[str, ElementTree.Element] = field(default_factory=dict)
    words: dict[str, dict[str, int]] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    actions: list[ElementTree.Element] = field(default_factory=list)

    @classmethod
    def of(cls, text: bytes) -> "Declared":
        schema = ElementTree.fromstring(text).find("edmx:DataServices/edm:Schema", EDM)
        assert schema is not None
        assert schema.attrib == {"Namespace": NAMESPACE}
        declared = cls(actions=schema.findall("edm:Action", EDM))
        for kind in (*schema.findall("edm:EntityType", EDM), *schema.findall("edm:ComplexType", EDM)):
            declared.kinds[kind.attrib["Name"]] = kind
        for words in schema.findall("edm:EnumType", EDM):
            members = {each.attrib["Name"]: int(each.attrib["Value"]) for each in words}
            declared.words[words.attrib["Name"]] = members
        for each in schema.findall("edm:EntityContainer/edm:EntitySet", EDM):
            declared.sets[each.attrib["Name"]] = bare(each.attrib["EntityType"])
        return declared

    def properties(self, kind: str) -> dict[str, dict[str, str]]:
        return {each.attrib["Name"]: each.attrib for each in self.kinds[kind].findall("edm:Property", EDM)}

    def navigations(self, kind: str) -> dict[str, str]:
        found = self.kinds[kind].findall("edm:NavigationProperty", EDM)
        return {each.attrib["Name"]: bare(each.attrib["Type"]) for each in found}

    def expansion(self, kind: str) -> str:
        """An `$expand` that shows everything."""
        parts = ((name, self.expansion(inner)) for name, inner in self.navigations(kind).items())
        return ",".join(f"{name}($expand={inner})" if inner else name for name, inner in parts)


def bare(name: str) -> str:
    return name.removeprefix("Collection(").removesuffix(")").removeprefix(f"{NAMESPACE}.")


@pytest.fixture(scope="module")
def client(ca_server) -> Iterator[httpx.Client]:
    """One account in which every kind of document is found."""
    with ca_server(orders=40, long_orders=0.1) as url, httpx.Client(base_url=url, timeout=30) as client:
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        answer = client.post("/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        client.post("/v1/Orders(555000003)/Export").raise_for_status()
        client.post("/_cancel", json={"id": open_order(client)["ID"]}).raise_for_status()
        order = open_order(client)
        line = order["Items"][0]["ID"]
        client.post(f"/v1/OrderItems({line})/Adjust", json={"Quantity": 1}).raise_for_status()
        client.post(f"/v1/Orders({order['ID']})/Ship", json={"Value": {}}).raise_for_status()
        fields = {"CustomFields": [{"FieldID": 1, "OrderID": 1, "ProfileID": 12345678, "Value": "x"}]}
        client.post("/_orders", json={"set": fields}).raise_for_status()
        client.post("/v1/AttributeValues", json={"ProductID": 9001, "Name": "a", "Value": "b"}).raise_for_status()
        for row in ("Labels('Blue')", "Images('ITEMIMAGEURL1')"):
            client.put(f"/v1/Products(9001)/{row}", json={}).raise_for_status()
        hook = {"Name": "x", "WebhookUri": "https://here.example/", "EventTypes": ["PaymentCleared"]}
        client.post("/v1/Webhooks", json=hook).raise_for_status()
        yield client


def open_order(client: httpx.Client) -> Any:
    condition = (
        "PaymentStatus eq 'Cleared' and ShippingStatus eq 'Unshipped' and "
        "DistributionCenterTypeRollup eq 'SellerManaged' and Items/any(i: i/Quantity gt 1)"
    )
    asked = {"$filter": condition, "$top": 1, "$expand": "Items"}
    return client.get("/v1/Orders", params=asked).json()["value"][0]


@pytest.fixture(scope="module")
def declared(client: httpx.Client) -> Declared:
    return Declared.of(client.get("/v1/$metadata", headers={"Authorization": ""}).raise_for_status().content)


def test_metadata_is_read_without_a_token_and_the_service_document_with_one(client: httpx.Client) -> None:
    answer = client.get("/v1/$metadata", headers={"Authorization": "", "Accept": "application/xml"})
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["odata-version"] == "4.0"
    assert client.get("/v1/", headers={"Authorization": ""}).status_code == 401
    assert client.post("/v1/$metadata").status_code == 405


def test_service_document_names_the_declared_sets(client: httpx.Client, declared: Declared) -> None:
    told = client.get("/v1/").json()
    assert told["@odata.context"] == f"{client.base_url}/v1/$metadata"
    assert [row["url"] for row in told["value"]] == list(declared.sets)
    assert {row["kind"] for row in told["value"]} == {"EntitySet"}


def test_every_declared_set_answers_with_exactly_what_is_declared(client: httpx.Client, declared: Declared) -> None:
    seen: set[str] = set()
    for name, kind in declared.sets.items():
        asked = {"$expand": expand} if (expand := declared.expansion(kind)) else {}
        answer = client.get(f"/v1/{name}", params=asked).raise_for_status().json()
        assert answer["value"], f"{name} has no row to look at"
        for row in answer["value"]:
            check(row, kind, declared, seen)
    assert declared.kinds.keys() - seen - ELSEWHERE == taken_kinds(declared)


def taken_kinds(declared: Declared) -> set[str]:
    """The complex types that only the bodies of actions hold."""
    roots = {
        bare(each.attrib["Type"])
        for action in declared.actions
        for each in action.findall("edm:Parameter", EDM)
        if each.attrib["Name"] == "Value"
    }
    inner = {bare(each["Type"]) for root in roots for each in declared.properties(root).values()}
    return roots | (inner & declared.kinds.keys())


def check(row: dict[str, Any], kind: str, declared: Declared, seen: set[str]) -> None:
    """Whether a document is as its kind is declared."""
    seen.add(kind)
    properties, navigations = declared.properties(kind), declared.navigations(kind)
    assert {name for name in row if "@" not in name} == properties.keys() | navigations.keys(), kind
    for name, each in properties.items():
        check_value(row[name], each, declared, seen)
    for name, inner in navigations.items():
        for each in row[name]:
            check(each, inner, declared, seen)


def check_value(value: Any, declared_as: dict[str, str], declared: Declared, seen: set[str]) -> None:
    kind, where = declared_as["Type"], f"{declared_as['Name']} = {value!r}"
    if value is None:
        assert declared_as.get("Nullable") != "false", where
    elif kind.startswith("Collection("):
        for each in value:
            check_value(each, {**declared_as, "Type": kind[11:-1]}, declared, seen)
    elif bare(kind) in declared.words:
        assert value in declared.words[bare(kind)], where
    elif bare(kind) in declared.kinds:
        check(value, bare(kind), declared, seen)
    else:
        assert is_a(value, kind), f"{where} is no {kind}"


def is_a(value: Any, kind: str) -> bool:
    if kind in COUNTS:
        return type(value) is int and value in COUNTS[kind]
    if kind == "Edm.DateTimeOffset":
        return isinstance(value, str) and MOMENT.fullmatch(value) is not None
    wanted = {"Edm.String": (str,), "Edm.Boolean": (bool,), "Edm.Decimal": (int, float)}[kind]
    return type(value) in wanted


def test_keys_tell_the_rows_of_a_set_apart(client: httpx.Client, declared: Declared) -> None:
    for name, kind in declared.sets.items():
        key = [each.attrib["Name"] for each in declared.kinds[kind].findall("edm:Key/edm:PropertyRef", EDM)]
        assert set(key) <= declared.properties(kind).keys()
        rows = client.get(f"/v1/{name}").json()["value"]
        assert len({tuple(row[part] for part in key) for row in rows}) == len(rows), name


def test_every_declared_action_is_there(client: httpx.Client, declared: Declared) -> None:
    homes = {kind: name for name, kind in declared.sets.items()}
    for action in declared.actions:
        bound_to, *_ = action.findall("edm:Parameter", EDM)
        assert bound_to.attrib["Name"] == "bindingParameter"
        url = f"/v1/{homes[bare(bound_to.attrib['Type'])]}(77)/{action.attrib['Name']}"
        assert "No HTTP resource was found" not in client.post(url, json={}).text, url


def test_every_action_knows_its_declared_parameters_and_no_other(client: httpx.Client, declared: Declared) -> None:
    homes = {kind: name for name, kind in declared.sets.items()}
    for action in declared.actions:
        bound_to, *parameters = action.findall("edm:Parameter", EDM)
        home = homes[bare(bound_to.attrib["Type"])]
        row = client.get(f"/v1/{home}", params={"$top": 1}).json()["value"][0]
        url = f"/v1/{home}({row['ID']})/{action.attrib['Name']}"
        for parameter in parameters:
            wrong = client.post(url, json={parameter.attrib["Name"]: ["no", "list"]})
            assert "unknown field" not in wrong.text, parameter.attrib
        if parameters:
            assert "unknown field `Nonsense`" in client.post(url, json={"Nonsense": 1}).text


def test_parameters_may_be_left_out_where_the_body_may(declared: Declared) -> None:
    needed = {
        (action.attrib["Name"], each.attrib["Name"])
        for action in declared.actions
        for each in action.findall("edm:Parameter", EDM)[1:]
        if each.attrib.get("Nullable") == "false"
    }
    values = {(name, "Value") for name in ("Ship", "UpdateQuantity", "UpdateAttributes", "RemoveChildren")}
    assert needed == values | {("Move", "DestinationFulfillmentID"), ("Move", "Quantity")}


def test_words_have_the_numbers_that_clients_store(declared: Declared) -> None:
    assert declared.words["CheckoutStatus"]["CompletedOffline"] == 8
    assert declared.words["DeliveryStatus"]["ThirdPartyManaged"] == 26
    assert declared.words["AdjustmentReason"]["ShippingAddressUndeliverable"] == 108
    assert declared.words["FlagType"]["NotSpecified"] == -9999
    for name, members in declared.words.items():
        assert len(set(members.values())) == len(members), name


@pytest.mark.parametrize(
    ("entity_set", "condition", "number"),
    [
        ("AttributeValues", "Name eq 'a'", 1),
        ("ProductLabels", "ProductID eq 9001", 1),
        ("ProductBundleComponents", "ComponentSku eq 'SKU-0001'", 1),
        ("Children", "ParentProductID eq 9802", None),
        ("AliasRelationships", "startswith(AliasProductSku,'nothing')", 0),
    ],
)
def test_rows_of_products_are_lists_of_their_own(
    client: httpx.Client, entity_set: str, condition: str, number: int | None
) -> None:
    rows = client.get(f"/v1/{entity_set}", params={"$filter": condition}).raise_for_status().json()["value"]
    assert len(rows) == number if number is not None else rows
    assert client.get(f"/v1/{entity_set}", params={"$filter": "(("}).status_code == 400


@pytest.mark.parametrize("body", [{"Name": "a"}, {"ProductID": 9001}, {"ProductID": "x", "Name": "a"}, []])
def test_attribute_that_names_no_product_or_nothing_is_refused(client: httpx.Client, body: Any) -> None:
    assert client.post("/v1/AttributeValues", json=body).status_code == 400
