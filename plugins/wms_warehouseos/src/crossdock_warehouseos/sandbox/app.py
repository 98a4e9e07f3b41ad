"""The HTTP side of a simulated tenant."""

from starlette.applications import Starlette

from crossdock.sandbox import Memory, about_route, rehearsal_routes
from crossdock_warehouseos.sandbox.agent.run import agent_controls
from crossdock_warehouseos.sandbox.front.calls import order_calls, place_calls, queue_calls, stock_calls
from crossdock_warehouseos.sandbox.front.control import controls
from crossdock_warehouseos.sandbox.front.desk import Desk
from crossdock_warehouseos.sandbox.items.calls import item_calls
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.people.shift import work_what_is_due
from crossdock_warehouseos.sandbox.playing import effects_of, rehearsal_of, work_of
from crossdock_warehouseos.sandbox.receiving.calls import receiving_calls
from crossdock_warehouseos.sandbox.telling.push import push_controls
from crossdock_warehouseos.sandbox.warehouse import Warehouse


def tenant_app(options: SandboxOptions, seed: int) -> Starlette:
    """The endpoints of the profile and the control endpoints of one tenant."""
    warehouse = Warehouse(options, seed)
    memory = Memory(options.state_file)
    if (state := memory.recall()) is not None:
        warehouse.restore(state)
    desk = Desk(options, warehouse.counts, lambda: work_what_is_due(warehouse))
    return Starlette(
        routes=[
            *order_calls(desk, warehouse),
            *item_calls(desk, warehouse),
            *receiving_calls(desk, warehouse),
            *queue_calls(desk, warehouse),
            *place_calls(desk, warehouse),
            *stock_calls(desk, warehouse),
            *push_controls(desk, warehouse.pushes),
            *agent_controls(desk, warehouse.agent),
            *controls(desk, warehouse),
            memory.route(warehouse.state),
            about_route(_about(options)),
            *rehearsal_routes(rehearsal_of(options), effects_of(warehouse), work_of(warehouse)),
        ]
    )


def _about(options: SandboxOptions) -> str:
    key, header, items = options.api_key, options.profile.auth.key_header, options.profile.paths.list_items
    return f"api_key  {key}\n\n  curl -H '{header}: {key}' '{{url}}{items}'"
