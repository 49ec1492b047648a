"""How hard the property tests look: more by hand, fewer and without shrinking where thousands of mutants run
them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

from tests.thorough import amount

sys.path.append(str(Path(__file__).parent))

settings.register_profile(
    "rules",
    deadline=None,
    max_examples=amount(50, thorough=400),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "mutation",
    settings.get_profile("rules"),
    max_examples=25,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("rules")
