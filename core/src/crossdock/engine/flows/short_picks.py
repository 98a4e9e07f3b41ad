"""Short picks: what a warehouse will not ship is cancelled at the cart, or shown to a person, by the rules."""

from crossdock.engine.delivery import BATCH
from crossdock.engine.pipeline import Run
from crossdock.engine.short_picks import plan_short_picks
from crossdock.hooks.features import AdjustsOrders, FetchesOrder


async def decide_short_picks(run: Run) -> None:
    """Look at every open shortage, unless the rules say to wait."""
    pipeline, source = run.pipeline, run.pipeline.source
    adjusts = isinstance(source.role, AdjustsOrders) and isinstance(source.role, FetchesOrder)
    after = 0
    while pipeline.rules.short_picks != "wait" and not run.stop.is_set():
        cases = await pipeline.store.short_cases(pipeline.name, after, BATCH)
        if not cases:
            return
        after, now = cases[-1].order.id, pipeline.clock.now()
        plans = [plan_short_picks(case, pipeline.rules, adjusts=adjusts, now=now) for case in cases]
        await pipeline.store.save_short_plans(run.lease, source.connection, plans, now=now)
        run.report.add("cancellations asked", sum(len(plan.adjustments) for plan in plans))
        run.report.add("short", sum(plan.problem is not None for plan in plans))
