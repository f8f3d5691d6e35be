from tests.returns.conftest import coaching, shop  # noqa: F401 - fixtures
