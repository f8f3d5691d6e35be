"""The version that every result carries: change it whenever any number may change."""

from typing import Final

ENGINE_VERSION: Final = "1.0.0"
