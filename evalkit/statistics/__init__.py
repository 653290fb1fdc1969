# SPDX-License-Identifier: Apache-2.0
"""Arrays to intervals, tests and sample sizes; knows nothing of models or data sets."""
