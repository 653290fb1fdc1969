# SPDX-License-Identifier: Apache-2.0
"""The data set as a whole."""
