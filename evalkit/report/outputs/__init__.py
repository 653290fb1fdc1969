# SPDX-License-Identifier: Apache-2.0
"""What `evalkit run` and `evalkit compare` leave for CI services, one file for each form.

A form is found by its name (`registry.find("run_outputs", name)`) and is a function
`form(judged: Sequence[Judged], look: Look) -> Iterator[str]`: lines without their line ends, safe
to print and to encode as UTF-8 as they are. `form.suffixes` are the endings of file names that
mean it, if it has any (`-o evalkit.xml`).
"""
