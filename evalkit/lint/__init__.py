# SPDX-License-Identifier: Apache-2.0
"""Is this data set fit to upload? Rules, selection, fixes and outputs."""
