"""Names of the files in an output folder."""

from __future__ import annotations

from typing import Final

OVERLAY: Final = "overlay.mp4"
ALPHA: Final = "alpha.mov"
MASKS: Final = "masks"
RLE: Final = "masks.jsonl"
CSV: Final = "tracks.csv"
COCO: Final = "coco.json"
COCO_POLYGONS: Final = "coco-polygons.json"
YOLO: Final = "yolo"
YOLO_LABELS: Final = "labels"
YOLO_CLASSES: Final = "data.yaml"
YOLO_BEGIN: Final = b"# labels by samtracker\n"
"""First line of that file, by which the folder is known to be ours."""
MOTS: Final = "mots.txt"
MOT: Final = "mot.txt"
CVAT: Final = "cvat.xml"
LABELME: Final = "labelme"
LABELME_BEGIN: Final = b'{\n "version":'
"""So begins a file that nobody has changed: labelme itself indents by two."""
GIF: Final = "overlay.gif"
WEBM: Final = "alpha.webm"
FILES: Final = {
    "overlay": OVERLAY,
    "masks": MASKS,
    "rle": RLE,
    "csv": CSV,
    "alpha": ALPHA,
    "gif": GIF,
    "webm": WEBM,
    "coco": COCO,
    "coco-polygons": COCO_POLYGONS,
    "yolo": YOLO,
    "mots": MOTS,
    "mot": MOT,
    "cvat": CVAT,
    "labelme": LABELME,
}
"""File or folder of each format of `samtracker.config.FORMATS`."""
SUMMARY: Final = "summary.json"

PREDICTIONS: Final = "predictions"
RESULTS_CSV: Final = "results.csv"
RESULTS_JSON: Final = "results.json"
REPORT: Final = "report.html"
BATCH_JSON: Final = "batch.json"
BATCH_HTML: Final = "batch.html"
THUMBNAILS: Final = "thumbnails"
"""Folder of the pictures in that page."""
BENCH_JSON: Final = "bench.json"
BENCH_PNG: Final = "bench.png"

EXPORT_CONFIG: Final = "config.json"
EXPORT_FORMAT: Final = "samtracker-step-1"
"""First entry of that file, by which it is known to be ours."""
GRAPHS: Final = (
    *("encoder", "reference", "score", "match_last", "match_references", "decoder", "prompter"),
)
"""Exported graphs, each a file in ONNX and two in OpenVINO."""

RESUME: Final = "resume"
"""Folder of what an interrupted job needs to go on; the next six are in it."""
COMMAND: Final = "command.json"
JOB: Final = "job.json"
JOURNAL: Final = "results.jsonl"
TRACKER: Final = "tracker.safetensors"
BACKWARD_JOURNAL: Final = "backward.jsonl"
BACKWARD_TRACKER: Final = "backward.safetensors"

PROCESS: Final = ".process"
"""Which process writes into a folder, until it has done so."""
