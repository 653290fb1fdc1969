# SPDX-License-Identifier: Apache-2.0
"""What must not be in training data."""
