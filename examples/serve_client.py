"""Track a video on a server of `samtrack serve`, and take the masks home.

python examples/serve_client.py http://127.0.0.1:8765/ video.mp4 36,34 masks.zip
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import httpx


def main(address: str, video: str, click: str, target: str) -> None:
    x, y = (float(side) for side in click.split(","))
    # The client keeps the cookies of its session; a token goes into the header Authorization.
    with httpx.Client(base_url=address, timeout=60) as server:

        def ask(method: str, path: str, **content: object) -> dict:  # type: ignore[type-arg]
            answer = server.request(method, f"/api/{path}", **content)  # type: ignore[arg-type]
            if answer.is_error:
                sys.exit(answer.json()["error"])
            return answer.json()  # type: ignore[no-any-return]

        ask("GET", "session")
        ask("PUT", "clip", params={"name": Path(video).name}, content=Path(video).read_bytes())
        while not (state := ask("GET", "session"))["clip"]["complete"]:
            time.sleep(0.1)
        clip = f"clips/{state['clip']['id']}"
        ask("POST", f"{clip}/prompts", json={"frame": 0, "points": [[x, y, 1]]})
        ask("POST", f"{clip}/track")
        while (state := ask("GET", "session"))["tracking"]:
            print(f"{state['clean'][1] + 1} of {state['clip']['frames']}", end="\r")
            time.sleep(0.1)
        ask("POST", f"{clip}/results/masks")
        Path(target).write_bytes(server.get(f"/api/{clip}/results/masks").content)
        print(f"{state['clean'][1] + 1} frames in {target} {state['message']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
