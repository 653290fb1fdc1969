# SPDX-License-Identifier: Apache-2.0
"""The HTML shell, charts and escaping that every page shares."""
