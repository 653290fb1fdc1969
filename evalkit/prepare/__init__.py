# SPDX-License-Identifier: Apache-2.0
"""From a raw table to an uploadable set: the plan first, then what it says."""
