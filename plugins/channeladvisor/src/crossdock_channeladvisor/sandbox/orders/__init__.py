"""The seller's orders: how they come to be, what is read of them, and what is done to them."""
