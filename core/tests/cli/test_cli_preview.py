"""`crossdock preview`: what would be sent, and nothing is."""


def test_preview_shows_the_exact_requests_and_sends_none(systems):
    (systems.crossdock.folder / "crossdock.db").unlink()
    told = systems.crossdock("preview", "--limit", "50")
    assert told.returncode == 0, told.stderr
    number = next(line for line in told.stdout.splitlines() if '"OrderNumber"' in line).split('"')[3]
    assert f"POST {systems.warehouse}/api/OrderApi/AddOrder  (warehouse)" in told.stdout
    assert "/Export  (cart)" in told.stdout
    assert told.stdout.splitlines()[-1].endswith("Nothing was sent and nothing was stored.")
    assert (systems.released(), systems.marked()) == ([], [])
    assert not (systems.crossdock.folder / "crossdock.db").exists()
    systems.crossdock("run", "--once")
    assert number in systems.released()


def test_preview_says_why_an_order_would_not_go_out(systems):
    told = systems.crossdock("preview").stdout
    assert "odd-missing_address · Walmart Marketplace  held: unshippable_order: its address has no line1" in told
    assert "odd-unknown_sku would be refused: SKU NOT-IN-ANY-WAREHOUSE is not an item" in told


def test_preview_reads_no_more_orders_than_it_shows(systems):
    told = systems.crossdock("preview", "--limit", "2").stdout
    assert told.count(" · ") == 2
    cart, _ = systems.truth()
    assert cart["requests"]["orders_list"] == 1


def test_preview_shows_no_secret(systems):
    told = systems.crossdock("preview", "--limit", "3")
    assert len(systems.secrets) == 3
    assert not any(secret in told.stdout + told.stderr for secret in systems.secrets)


def test_preview_of_an_unknown_pipeline_names_those_there_are(systems):
    told = systems.crossdock("preview", "--pipeline", "nian")
    assert told.returncode == 2
    assert "its pipelines are: main" in told.stderr


def test_preview_with_wrong_credentials_is_a_sentence(systems):
    told = systems.crossdock("preview", DEMO_SHARED_SECRET="another-secret-of-the-cart")
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert "refuses the credentials" in told.stderr
    assert "another-secret-of-the-cart" not in told.stderr
