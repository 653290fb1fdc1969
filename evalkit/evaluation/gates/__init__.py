# SPDX-License-Identifier: Apache-2.0
"""What must hold: the language of gates, and whether each holds."""
