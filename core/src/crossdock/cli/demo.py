"""`crossdock demo`: the main job, end to end, on one machine."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    orders: Annotated[int, typer.Option(help="How many orders the cart has.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed plays the same.")] = 1,
    database: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(".demo/crossdock.db"),
    pace: Annotated[
        bool, typer.Option("--pace", help="Keep the real limits of calls a minute, 2,000 at the cart; takes minutes.")
    ] = False,
) -> None:
    """Show the whole road with a simulated cart, warehouse and shipping system; no account is needed.

    Starts all three as real servers on this machine, downloads the cart's orders, releases them to the warehouse, marks
    them as taken, lets people pick and pack, finds tracking numbers that only the shipping system knows, buys labels
    for boxes that have none, and reports every package back with its own. A few answers are lost on purpose. At the
    end all three are asked what they know, and must agree.

    Run it again, and the same three systems go on where they were: nothing may change in any of them.

    \b
    Examples:
      crossdock demo
      crossdock demo --orders 20000 --database /tmp/large.db
      crossdock orders list --database .demo/crossdock.db

    Exit codes: 0 all three agree, 1 they do not, 2 it could not run.
    """
    import asyncio

    from crossdock.cli.demo_ending import show_ending
    from crossdock.cli.demo_screen import open_screen
    from crossdock.cli.screen import open_console
    from crossdock.runtime.demo.story import play
    from crossdock.runtime.demo.world import Scale, State, open_world
    from crossdock.store import hold_runner_lock

    console, scale = open_console(), Scale(orders, seed)
    database.absolute().parent.mkdir(parents=True, exist_ok=True)
    with hold_runner_lock(f"sqlite:///{database.absolute()}"), open_world(database, scale, pace=pace) as world:
        what = scale if world.state is State.NEW else "as the last demo left it"
        console.print(f"cart       {world.cart_url}  {what}")
        console.print(f"warehouse  {world.warehouse_url}")
        console.print(f"shipping   {world.shipping_url}")
        with open_screen(console) as screen:
            ending = asyncio.run(play(world, screen))
        show_ending(console, ending, database)
    raise typer.Exit(0 if ending.well else 1)
