# SPDX-License-Identifier: Apache-2.0
"""Tables that do not fit their own header."""
