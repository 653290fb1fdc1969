# SPDX-License-Identifier: Apache-2.0
"""Characters that got lost or changed on their way."""
