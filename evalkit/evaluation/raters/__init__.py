# SPDX-License-Identifier: Apache-2.0
"""People rate answers on blind sheets that are written, read back and added up."""
