"""Does everything as it should, although it is decorated like all the others: what shows that laws find the bugs."""

from crossdock_liars.bent import Bent, bent_by

order_source = fulfillment_target = shipping_provider = bent_by(Bent)
inventory_sink = inventory_source = catalog_source = catalog_sink = order_source
