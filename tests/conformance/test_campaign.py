"""Campaigns of the built-in cart and warehouse: a sound pipeline holds, and one that lies is found and named."""

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crossdock.cli import app
from crossdock.testing.campaign import replay
from crossdock.testing.campaign.story import DEMO

EXTENSION = """
from contextlib import suppress

from crossdock import CrossdockError, Receipt, hookimpl


@hookimpl(wrapper=True)
def order_source(ctx):
    source = yield
    rightly = source.confirm_shipment

    async def twice(confirmation):
        receipt = await rightly(confirmation)
        with suppress(CrossdockError):
            await rightly(confirmation)
        return receipt

    async def never(confirmation):
        return Receipt(ref="1")

    source.confirm_shipment = {"twice": twice, "never": never}.get("WAY", rightly)
    return source


@hookimpl(wrapper=True)
def fulfillment_target(ctx):
    target = yield
    rightly = target.submit_order

    async def doubled(request):
        receipt = await rightly(request)
        await rightly(request.model_copy(update={"number": request.number + "-2", "key": request.key + "-2"}))
        return receipt

    target.submit_order = {"doubled": doubled}.get("WAY", rightly)
    return target
"""
"""Decorates carts and warehouses with one that tells of every package twice, one that says that it is done and does
nothing, or one that sends every order twice."""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> Path:
    """An extension that spoils every cart, and a config that loads it."""
    name = f"campaign_{way}"
    (folder / f"{name}.py").write_text(EXTENSION.replace("WAY", way))
    info = folder / f"crossdock_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: crossdock-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[crossdock.plugins]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(str(folder))
    config = folder / "spoiled.toml"
    config.write_text(f'[plugins]\nextra = ["{name}"]\n\n{DEMO.read_text()}')
    return config


def test_three_rounds_of_a_sound_pipeline_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CROSSDOCK_CONFIG", raising=False)
    seed = random.randrange(2**32)
    wish = ("--seed", str(seed), "--rounds", "3", "--orders", "6", "--keep", "kept")

    told = CliRunner().invoke(app, ["campaign", *wish, "--report", "report.html", "--save-test", "test_again.py"])

    print(told.output)
    assert told.exit_code == 0
    assert f"crossdock campaign --seed {seed} --rounds 3 --orders 6" in told.stdout
    assert "Everything held" in Path("report.html").read_text(encoding="utf-8")
    assert f"seed={seed}," in Path("test_again.py").read_text(encoding="utf-8")
    listed = CliRunner().invoke(app, ["orders", "list", "--config", "kept/crossdock.toml", "--json"])
    assert len(json.loads(listed.stdout)) >= 6


def test_what_cannot_be_meant_is_refused_before_anything_starts() -> None:
    for wish in (("--rounds", "3", "--minutes", "1"), ("--option", "areas=1"), ("--option", "warehouse.areas")):
        assert CliRunner().invoke(app, ["campaign", *wish]).exit_code == 2


@pytest.mark.slow
def test_warehouse_that_gets_every_order_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = install(tmp_path, monkeypatch, "doubled")

    with pytest.raises(
        AssertionError, match=r"orders\.ours: Every order in a warehouse is one that was planned"
    ) as found:
        replay(tmp_path / "play", config=config, seed=1, rounds=1, orders=4)

    print(found.value)
    assert "-2 is there, and nothing here knows of it" in str(found.value)


@pytest.mark.slow
def test_cart_that_is_told_of_every_package_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = install(tmp_path, monkeypatch, "twice")

    # The cart refuses what it has no more of: only a part of a line that left first can be told twice.
    campaigns = (what_is_broken(tmp_path / f"play-{seed}", config, seed) for seed in range(1, 9))
    told = next(filter(None, campaigns), "")

    print(told)
    assert "effects.once: Nothing took effect twice" in told
    assert "took effect 2 times" in told


def what_is_broken(folder: Path, config: Path, seed: int) -> str:
    """What a campaign of three rounds over many orders finds; empty text if everything holds."""
    try:
        replay(folder, config=config, seed=seed, rounds=3, orders=100)
    except AssertionError as breach:
        return str(breach)
    return ""


@pytest.mark.slow
def test_cart_that_is_never_told_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = install(tmp_path, monkeypatch, "never")

    with pytest.raises(AssertionError, match="the cart has nothing"):
        replay(tmp_path / "play", config=config, seed=1, rounds=1, orders=8)


@pytest.mark.slow
@pytest.mark.parametrize("place", range(5))
def test_long_campaign_holds(tmp_path: Path, place: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    outcome = replay(tmp_path, seed=seed, rounds=40, orders=30)
    assert outcome.kills > 0
    assert outcome.faults > 0
