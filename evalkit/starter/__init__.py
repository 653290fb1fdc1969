# SPDX-License-Identifier: Apache-2.0
"""How a folder of data becomes a first suite, a configuration and entries for CI.

Nothing is asked, nothing is sent and nothing that is there is written over: texts are worked out
from what the data hold (`look`, `suites_for`), or from what another tool was told (`promptfoo`,
`openai_evals`), and written where there is nothing yet (`write_new`).
"""
