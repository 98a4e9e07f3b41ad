"""Laws about the plugin as a whole: it loads, brings a simulator, and its factories do no I/O."""

from crossdock.hooks.errors import CrossdockError
from crossdock.testing.law import Grade, law
from crossdock.testing.subject import Subject, Unplayable


@law("plugin.loads", Grade.BRONZE)
def it_loads(plugin: Subject) -> None:
    """The entry point can be imported, its hooks are valid, and it describes itself under its own name.

    What cannot be loaded is put in quarantine, and no pipeline that needs it runs.
    """
    if failure := plugin.registry.quarantined.get(plugin.name):
        raise Unplayable(str(failure))


@law("plugin.rehearses", Grade.BRONZE)
def it_brings_a_simulator(plugin: Subject) -> None:
    """The plugin brings a simulator of its remote system that says how to connect to it.

    Without one nobody can try the connector, or a config with it, before it meets a real account.
    """
    if plugin.unplayable:
        raise Unplayable(plugin.unplayable)


@law("plugin.opens_offline", Grade.BRONZE)
async def factories_do_no_io(plugin: Subject) -> None:
    """Opening every role reaches nobody: hooks do no I/O."""
    async with plugin.stage() as stage, stage.connect() as connection:
        for role in plugin.roles:
            try:
                connection.role(role)
            except CrossdockError as error:
                raise AssertionError(f"{role.__name__} cannot be opened: {error}") from error
        assert not stage.arrived, f"opening the roles sent {stage.arrived[0].method} {stage.arrived[0].path}"
