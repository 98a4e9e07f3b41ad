"""ChannelAdvisor (Rithum) as a cart for crossdock."""
