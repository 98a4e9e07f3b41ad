"""ShipStation: labels and tracking as a service."""
