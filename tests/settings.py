"""The product's settings with the few switches tests need; set before Django reads them."""

import os

os.environ["CX_TESTING"] = "1"
for _name in ("CX_BROKER_URL", "CX_CACHE_URL", "CX_SMTP_URL", "CX_PUBLIC_URL"):
    os.environ.pop(_name, None)

from cxplatform.settings import *  # noqa: E402, F403
