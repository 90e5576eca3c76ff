"""The network at work: frames in, masks out.

`runtime.Runtime` is what the tracker talks to. What costs most, the encoder and the decoding of
objects in their crops, it leaves to a `backend.Backend`: torch, or OpenVINO or ONNX Runtime with
graphs that were made of the same network.
"""

import samtracker.opencv.required  # noqa: F401
