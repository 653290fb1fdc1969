# SPDX-License-Identifier: Apache-2.0
"""What `prepare --legacy` may propose, one file each; the file's name is what `--skip` takes."""
