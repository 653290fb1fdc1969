# SPDX-License-Identifier: Apache-2.0
"""How the file is made of records."""
