# SPDX-License-Identifier: Apache-2.0
"""How findings are written, one file for each form."""
