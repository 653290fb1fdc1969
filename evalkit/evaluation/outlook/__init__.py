# SPDX-License-Identifier: Apache-2.0
"""What is known before the first request: hosts, tokens, money, and what gates can prove."""
