"""The simulated server goes on where it was, and tells of itself."""

WANTED = {"reference": "1001", "carrier_id": "own-van", "service": "van_express"}


def test_what_was_saved_goes_on_in_the_next_process(server_with, a_wish, tmp_path):
    how = {"state_file": str(tmp_path / "state")}
    first = server_with(**how)
    first.bought(a_wish())
    first.ahead(30)
    first.tell("/_save")
    before = first.truth()
    second = server_with(**how)
    assert second.truth() == before
    assert before["counts"] == {"draft": 1, "purchase": 1, "list": 1}
    kept = second.use(lambda labels: labels.find_label(a_wish()))
    assert kept.bought


def test_what_a_scenario_may_set_is_not_remembered(server_with, tmp_path):
    file = str(tmp_path / "state")
    server_with(state_file=file).tell("/_save")
    assert server_with(state_file=file, api_key="another").http.get("/v1/shipments").status_code == 401


def test_people_buy_many_labels_at_once(server):
    wanted = [{**WANTED, "box": "B1"}, {**WANTED, "box": "B2"}]
    bought = server.http.post("/_labels", json=wanted).raise_for_status().json()
    assert [one["metadata"] for one in bought] == [{"crossdock_box": "B1"}, {"crossdock_box": "B2"}]
    told = server.truth()["labels"]
    assert [(one["reference"], one["box"], one["key"], one["price"]) for one in told] == [
        ("1001", "B1", "", "19.9"),
        ("1001", "B2", "", "19.9"),
    ]


def test_it_says_how_to_get_in(server):
    assert server.http.get("/_about").text == "api_key  sandbox-key"
