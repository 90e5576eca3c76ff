// Where live frames come from: this device's camera, or what the server has.

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 } };
const QUALITY = 0.85;

// The browser's camera. The newest frame goes up; its picture is here already.
export class BrowserFeed {
  path = "live";
  keepsPictures = true;

  constructor() {
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, playsInline: true });
  }

  async open() {
    this.dropped = 0;
    this.rested();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: SIZE, audio: false });
    } catch (error) {
      const why = { NotAllowedError: "it was not allowed", NotFoundError: "there is none" }[error.name];
      throw new Error(`the camera cannot be used: ${why || error.message || error.name}`);
    }
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  // Frames from before are not called dropped any more.
  rested() {
    this.last = null;
  }

  // Calls back when the camera's next frame is there; those between the ones wanted are dropped.
  want(ready) {
    if (this.wanted) return;
    this.wanted = this.video.requestVideoFrameCallback((_, { presentedFrames }) => {
      this.wanted = 0;
      if (this.last !== null) this.dropped += presentedFrames - this.last - 1;
      this.last = presentedFrames;
      ready();
    });
  }

  // Sends the newest frame; `taken` is given its picture at once.
  send(socket, taken) {
    const { videoWidth: width, videoHeight: height } = this.video;
    const picture = new OffscreenCanvas(width, height);
    picture.getContext("2d").drawImage(this.video, 0, 0);
    taken(picture);
    return this.sendAgain(socket, picture);
  }

  async sendAgain(socket, picture) {
    const head = new DataView(new ArrayBuffer(8));
    head.setFloat64(0, performance.now() / 1000, true);
    const code = await picture.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    if (socket.readyState === WebSocket.OPEN) socket.send(new Blob([head, code]));
  }
}

// The server's source. A frame is asked for; its picture follows the answer.
export class ServerFeed {
  path = "source";
  keepsPictures = false;

  async open() {
    this.dropped = 0;
  }

  close() {}
  rested() {}

  want(ready) {
    ready();
  }

  send(socket) {
    socket.send(JSON.stringify({ do: "frame" }));
  }

  // The server has the last two frames.
  sendAgain(socket) {
    socket.send(JSON.stringify({ do: "before" }));
  }
}
