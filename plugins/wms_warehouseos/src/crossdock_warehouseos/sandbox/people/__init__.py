"""What people do on the floor of a simulated tenant."""
