# SPDX-License-Identifier: Apache-2.0
"""Is this fine-tuning data fit to upload, what will it cost, and is the tuned model better?"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
