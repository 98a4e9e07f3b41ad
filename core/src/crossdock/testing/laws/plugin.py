"""Laws about the plugin as a whole: it loads, brings a simulator, and its factories do no I/O."""

from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.roles import ShippingProvider
from crossdock.testing.law import Grade, law
from crossdock.testing.reads import lists_of, readers_of, readings_of
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
    """Opening every role reaches nobody: hooks do no I/O.

    crossdock opens roles to check a config and to list what a plugin can do; that must work with the remote system
    down, and cost it nothing.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        for role in plugin.roles:
            try:
                connection.role(role)
            except CrossdockError as error:
                raise AssertionError(f"{role.__name__} cannot be opened: {error}") from error
        assert not stage.arrived, f"opening the roles sent {stage.arrived[0].method} {stage.arrived[0].path}"


@law("plugin.shows_records", Grade.BRONZE)
async def its_simulator_shows_records(plugin: Subject) -> None:
    """Once people have worked in the simulator, every list that the plugin reads has records in it.

    Laws about reading have nothing to judge where there is nothing to read. If such records need a way to play of
    their own, the rehearsal's scene `stock` is tried too; order numbers for which there are labels are its `numbers`.
    """
    tried = {(reading.role, reading.reader) for reading in await readings_of(plugin) if reading.records}
    for read in lists_of(plugin):
        for reader in readers_of(plugin, read):
            assert (read.role, reader) in tried, f"{read} shows no record for {reader}, whatever people do"
    if ShippingProvider in plugin.roles:
        assert (ShippingProvider, "read_parcel") in tried, "nobody makes a parcel for the rehearsal's `numbers`"
