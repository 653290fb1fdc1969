# SPDX-License-Identifier: Apache-2.0
import pytest

from evalkit.core import registry
from evalkit.core.errors import UsageError
from evalkit.models.spec import NOT_PROVIDERS


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_everything_of_every_kind_can_be_found(kind):
    assert registry.modules(kind)
    for name in registry.modules(kind):
        if kind == "models" and name in NOT_PROVIDERS:
            continue
        assert registry.find(kind, name) is not None


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(UsageError, match="did you mean `accuracy`"):
        registry.find("metrics", "acuracy")
