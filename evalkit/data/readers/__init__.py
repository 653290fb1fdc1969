# SPDX-License-Identifier: Apache-2.0
"""File containers, one file each: a stream of examples out of bytes."""
