# SPDX-License-Identifier: Apache-2.0
"""Row layouts, one file each: how to know one, see its conversation, and build it."""
