# SPDX-License-Identifier: Apache-2.0
"""A second set that shows what tuning has lost, with a margin of its own."""
