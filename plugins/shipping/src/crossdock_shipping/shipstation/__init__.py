"""ShipStation, API V2: labels as they are made there, and labels bought there."""
