"""`crossdock orders` and `crossdock problems`: what people look at, and what they do about it."""

DATABASE = ("--database", "crossdock.db")


def problem_id(told: str, kind: str) -> str:
    return next(line.split()[0] for line in told.splitlines() if kind in line)


def test_orders_are_listed_with_their_state_and_why(finished):
    told = finished.crossdock("orders", "list").stdout
    assert sum("shipped" in line for line in told.splitlines()) > 5
    assert "unshippable_order: its address has no line1" in told


def test_orders_are_found_by_state_and_by_the_beginning_of_their_number(finished):
    held = finished.crossdock("orders", "list", "--state", "held").stdout
    assert ("odd-missing_address" in held, "shipped" in held) == (True, False)
    assert "odd-missing_address" in finished.crossdock("orders", "list", "odd-mis").stdout
    assert "No order is like that." in finished.crossdock("orders", "list", "nothing-like-it").stdout


def test_the_story_of_an_order_has_every_request_and_answer_in_order_of_time(finished):
    number = finished.released()[0]
    told = finished.crossdock("orders", "show", number, "--full").stdout
    steps = ("/api/OrderApi/AddOrder", '"Success": true', "/Export", "packed", "/Ship", "everything is shipped")
    places = [told.index(step) for step in steps]
    assert places == sorted(places)
    assert not any(secret in told for secret in finished.secrets)


def test_long_bodies_are_folded_unless_all_is_asked_for(finished):
    number = finished.released()[0]
    assert "more lines; --full shows them" in finished.crossdock("orders", "show", number).stdout
    assert "more lines; --full shows them" not in finished.crossdock("orders", "show", number, "--full").stdout


def test_an_unknown_order_is_a_sentence(finished):
    told = finished.crossdock("orders", "show", "1234")
    assert told.returncode == 2
    assert "there is no order with the number or id '1234'" in told.stderr


def test_a_database_can_be_looked_at_without_its_config(copied):
    assert copied("orders", "list").returncode == 2
    assert "shipped" in copied("orders", "list", *DATABASE).stdout


def test_looking_where_no_database_is_makes_none(crossdock):
    told = crossdock("problems", "list", "--database", "none.db")
    assert told.returncode == 2
    assert "there is no database" in told.stderr
    assert not (crossdock.folder / "none.db").exists()


def test_a_problem_says_what_to_do_and_a_retry_after_the_correction_ships_the_order(systems):
    systems.crossdock("run", "--once", "--quiet")
    listed = systems.crossdock("problems", "list")
    assert listed.returncode == 1
    id_ = problem_id(listed.stdout, "release refused")
    shown = systems.crossdock("problems", "show", id_).stdout
    assert "crossdock orders show odd-unknown_sku" in shown
    assert "add it there, then retry" in shown
    systems.post(f"{systems.warehouse}/_items", ["NOT-IN-ANY-WAREHOUSE"])
    assert systems.crossdock("problems", "retry", id_).returncode == 0
    systems.crossdock("run", "--once", "--quiet")
    assert systems.released().count("odd-unknown_sku") == 1
    assert "release refused" not in systems.crossdock("problems", "list").stdout


def test_problems_of_one_kind_are_retried_together(copied):
    told = copied("problems", "retry", "--code", "release_refused", *DATABASE)
    assert (told.returncode, len(told.stdout.splitlines())) == (0, 1)
    assert "No such problem is open." in copied("problems", "retry", "--code", "over_picked", *DATABASE).stdout
    assert copied("problems", "retry", *DATABASE).returncode == 2


def test_a_settled_problem_leaves_the_list_with_a_note(copied):
    id_ = problem_id(copied("problems", "list", *DATABASE).stdout, "unshippable order")
    assert copied("problems", "resolve", id_, "--note", "the buyer was called", *DATABASE).returncode == 0
    assert "unshippable order" not in copied("problems", "list", *DATABASE).stdout
    assert "resolved: the buyer was called" in copied("problems", "list", "--all", *DATABASE).stdout


def test_an_unknown_problem_is_a_sentence(finished):
    told = finished.crossdock("problems", "show", "4711")
    assert told.returncode == 2
    assert "there is no problem 4711" in told.stderr
