# SPDX-License-Identifier: Apache-2.0
"""Amazon's own model of Converse takes our rows; nothing is sent."""

from __future__ import annotations

import base64

import pytest

pytest.importorskip("botocore")

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator


@pytest.fixture(scope="module")
def shape():
    loaded = Loader().load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(loaded).operation_model("Converse").input_shape


def as_bytes(value):
    """Images as the client wants them: the file has base64, the client takes bytes."""
    if isinstance(value, dict):
        return {
            key: base64.b64decode(told) if key == "bytes" else as_bytes(told)
            for key, told in value.items()
        }
    return [*map(as_bytes, value)] if isinstance(value, list) else value


def report(row, shape):
    made = {key: told for key, told in row.items() if key != "schemaVersion"}
    return ParamValidator().validate({"modelId": "nova", **as_bytes(made)}, shape)


def test_rows_are_valid(row, conversation, shape):
    made = row("bedrock-converse", conversation)
    assert made["schemaVersion"] == "bedrock-conversation-2024"
    found = report(made, shape)
    assert not found.has_errors(), found.generate_report()


def test_the_model_can_refuse(shape):
    assert report({"messages": [{"role": "user", "content": "Hi"}]}, shape).has_errors()
