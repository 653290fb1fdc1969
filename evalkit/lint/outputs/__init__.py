# SPDX-License-Identifier: Apache-2.0
"""How findings are written, one file for each form.

A form is found by its name (`registry.find("outputs", name)`) and is one of two things:

- A function `form(result: Result, look: Look) -> Iterator[str]`: lines of text without their line
  ends, safe to print and to encode as UTF-8 as they are. It streams: no form holds its whole text.
- A `FileOutput` (`_look.py`): for what is no text, such as a workbook. Called as
  `form(result, look, path)` it writes the file at `path`, whole or not at all. It has to be given a
  place: without `-o` the command refuses it, naming `form.suffix`
  (`isinstance(form, FileOutput)` tells them apart).

How many findings a form can use is `kept(form_name, max_per_rule)` in `_look.py`: what the command
gives to `Settings.keep`, so that nobody stores a million findings to show twenty. None = all.
"""
