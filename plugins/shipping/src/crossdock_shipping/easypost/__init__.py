"""EasyPost: labels and tracking as a service."""
