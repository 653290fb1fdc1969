# SPDX-License-Identifier: Apache-2.0
"""What answers messages, one file each."""
