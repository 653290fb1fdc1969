# SPDX-License-Identifier: Apache-2.0
"""Training jobs at a provider or on this machine: submit, follow, results, archive.

`providers/` has one file per provider behind the seam in `seam.py`; everything else speaks of jobs,
files, events and checkpoints as `job.py` has them, and knows no provider.

```python
from evalkit import jobs

done = await jobs.submit("train.jsonl", target="openai", model="gpt-4.1-mini", budget="5")
async with jobs.open_provider("openai", jobs.Where()) as provider:
    print((await provider.job(done.job.id)).state)
    await jobs.save_job(provider, done.job, Path("archive"), now=datetime.now(UTC))
print([(one.model.name, one.days_left) for one in await jobs.tuned_models("openai")])
```
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.jobs.api import submit as submit
    from evalkit.jobs.archive.save import Saved as Saved
    from evalkit.jobs.archive.save import save_job as save_job
    from evalkit.jobs.inventory import Entry as Entry
    from evalkit.jobs.inventory import tuned_models as tuned_models
    from evalkit.jobs.job import Job as Job
    from evalkit.jobs.job import Order as Order
    from evalkit.jobs.record import Record as Record
    from evalkit.jobs.record import record_of as record_of
    from evalkit.jobs.record import records as records
    from evalkit.jobs.seam import Provider as Provider
    from evalkit.jobs.seam import Where as Where
    from evalkit.jobs.seam import open_provider as open_provider
    from evalkit.jobs.sending import Submitted as Submitted

_ELSEWHERE = {
    "Entry": "inventory",
    "Job": "job",
    "Order": "job",
    "Provider": "seam",
    "Record": "record",
    "Saved": "archive.save",
    "Submitted": "sending",
    "Where": "seam",
    "open_provider": "seam",
    "record_of": "record",
    "records": "record",
    "save_job": "archive.save",
    "submit": "api",
    "tuned_models": "inventory",
}

__all__ = [
    "Entry",
    "Job",
    "Order",
    "Provider",
    "Record",
    "Saved",
    "Submitted",
    "Where",
    "open_provider",
    "record_of",
    "records",
    "save_job",
    "submit",
    "tuned_models",
]


def __getattr__(name: str) -> Any:
    """What the modules hold, imported when it is asked for."""
    if name in _ELSEWHERE:
        return getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
