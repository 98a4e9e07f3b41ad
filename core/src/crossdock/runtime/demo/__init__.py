"""The main job on one machine: three simulated systems in processes of their own, and a pipeline between them."""
