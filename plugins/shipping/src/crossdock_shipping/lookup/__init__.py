"""The neutral parcel look-up: an interface of crossdock's own."""
