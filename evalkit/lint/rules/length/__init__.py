# SPDX-License-Identifier: Apache-2.0
"""Examples that do not fit."""
