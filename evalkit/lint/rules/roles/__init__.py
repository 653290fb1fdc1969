# SPDX-License-Identifier: Apache-2.0
"""Who speaks, and in which order."""
