"""An RTSP server on this machine. Runs under the system's python3, which has GStreamer.

    python3 tests/helpers/rtsp_server.py FOLDER [--port N] [--transport udp|tcp] [--lose N]

Sends the pictures 000.png, 001.png, ... of a folder again and again, as H.264 with a keyframe
every tenth picture; a picture of another size changes the size of the stream. Prints its address
as soon as it listens, and how each client gets the pictures.
"""

# mypy: ignore-errors

import argparse
from itertools import count

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PIPELINE = (
    "multifilesrc location={folder}/%03d.png loop=true caps=image/png,framerate=25/1 ! pngdec ! "
    "videoconvert ! video/x-raw,format=I420 ! "
    "x264enc tune=zerolatency speed-preset=veryfast key-int-max=10 quantizer=16 pass=quant "
    "option-string=scenecut=0 name=encoder ! rtph264pay name=pay0 config-interval=-1"
)


def lose(media, number):
    """Drop a keyframe on its way to the network."""
    keyframes = count(1)

    def passes(_, info):
        is_keyframe = not info.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT)
        lost = is_keyframe and next(keyframes) == number
        return Gst.PadProbeReturn.DROP if lost else Gst.PadProbeReturn.OK

    encoder = media.get_element().get_by_name("encoder")
    encoder.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, passes)


def tell_transport(_, context):
    """Say how a client that asks for the stream gets the pictures."""
    transport = context.trans.get_transport().lower_transport
    print("sends over", transport.first_value_nick, flush=True)


def main():
    """Serve until somebody ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", default="0")
    parser.add_argument("--transport", choices=("udp", "tcp"), help="the only one; else both")
    parser.add_argument("--lose", type=int, help="number of a keyframe, from 1, that gets lost")
    given = parser.parse_args()
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE.format(folder=given.folder))
    factory.set_shared(True)
    if given.transport:
        factory.set_protocols(getattr(GstRtsp.RTSPLowerTrans, given.transport.upper()))
    factory.connect("media-configure", lambda _, media: lose(media, given.lose))
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=given.port)
    server.get_mount_points().add_factory("/balls", factory)
    server.connect(
        "client-connected", lambda _, client: client.connect("setup-request", tell_transport)
    )
    server.attach(None)
    print(f"rtsp://127.0.0.1:{server.get_bound_port()}/balls", flush=True)
    GLib.MainLoop().run()


main()
