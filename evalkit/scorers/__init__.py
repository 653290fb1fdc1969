# SPDX-License-Identifier: Apache-2.0
"""One answer to one score, one file each."""
