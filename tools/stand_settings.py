"""The product's settings plus the probe: a topic whose effects can be counted. For fault and load tools only."""

from cxplatform.settings import *  # noqa: F403
from cxplatform.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tools.probe"]
