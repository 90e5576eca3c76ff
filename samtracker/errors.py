"""Every error that samtracker raises on purpose.

::

    SamTrackerError
    ├── ConfigError      a name or setting that does not exist or does not fit
    ├── FrameError       a frame that is not RGB uint8, or of another size than the stream's
    ├── PromptError      a mask, box or click that cannot start or correct an object
    ├── VideoError       a source that cannot be read, or a video that cannot be written
    ├── OutputError      an output folder that exists already or cannot be written
    ├── WeightsError     weights that are missing, damaged, tampered with or of another shape
    ├── DatasetError     a dataset that is not there, or not in the layout that was asked for
    ├── TrainingError    a training that cannot go on
    └── ReplayError      a log that is missing, damaged or does not fit

A message names the argument, the value it had and the way out. The command line prints it
in one line and exits with code 2.
"""


class SamTrackerError(Exception):
    """Base of all errors raised on purpose; catch this one to catch them all."""


class ConfigError(SamTrackerError):
    """A name or setting that does not exist, or does not fit the others."""


class FrameError(SamTrackerError):
    """A frame that is not RGB uint8 (H, W, 3), or of another size than the stream's."""


class PromptError(SamTrackerError):
    """A mask, box or click that cannot start or correct an object."""


class VideoError(SamTrackerError):
    """A source that cannot be read, or a video that cannot be written."""


class OutputError(SamTrackerError):
    """An output folder that exists already or cannot be written."""


class WeightsError(SamTrackerError):
    """Weights that are missing, damaged, tampered with or of another shape."""


class DatasetError(SamTrackerError):
    """A dataset that is not there, or not in the layout that was asked for."""


class TrainingError(SamTrackerError):
    """A training that cannot go on."""


class ReplayError(SamTrackerError):
    """A log of a tracker that is missing, damaged, or does not fit weights or source."""
