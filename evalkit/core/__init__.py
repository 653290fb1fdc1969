# SPDX-License-Identifier: Apache-2.0
"""What every layer may know: values, errors, discovery, languages. Imports nothing of evalkit."""
