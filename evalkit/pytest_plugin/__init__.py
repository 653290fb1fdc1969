# SPDX-License-Identifier: Apache-2.0
"""Gates as pytest items. Imports nothing heavy: it is loaded in every pytest session."""
