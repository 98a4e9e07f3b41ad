"""The contract with plugins: hooks, roles, features, errors and context. A change here is a change of the API."""
