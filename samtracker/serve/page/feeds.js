// Where live frames come from: this device's camera, or what the server has.

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 } };
const QUALITY = 0.85;

// The browser's camera. The newest frame goes up; its picture is here already.
export class BrowserFeed {
  path = "live";
  keepsPictures = true;

  constructor() {
    this.codes = new WeakMap(); // JPEGs of pictures
    this.sent = Promise.resolve();
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, playsInline: true });
  }

  async open() {
    this.dropped = 0;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: SIZE, audio: false });
    } catch (error) {
      const why = { NotAllowedError: "it was not allowed", NotFoundError: "there is none" }[error.name];
      throw new Error(`the camera cannot be used: ${why || error.message || error.name}`);
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.opened = true;
    this.watch();
  }

  close() {
    this.opened = false;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  // Calls back when the next frame is there. It is told whether it was taken.
  want(ready) {
    this.ready = ready;
  }

  // Frames are watched while they are not wanted, too: where nothing is drawn Chromium takes a second to encode.
  watch() {
    if (!this.opened) return;
    this.video.requestVideoFrameCallback(() => {
      const { ready } = this;
      this.ready = null;
      if (!ready?.() && !this.held) this.dropped++;
      this.watch();
    });
  }

  // Sends the newest frame; `taken` is given its picture at once.
  send(socket, taken) {
    const { videoWidth: width, videoHeight: height } = this.video;
    const picture = new OffscreenCanvas(width, height);
    picture.getContext("2d").drawImage(this.video, 0, 0);
    this.codes.set(picture, picture.convertToBlob({ type: "image/jpeg", quality: QUALITY }));
    taken(picture);
    this.sendAgain(socket, picture);
  }

  // One after the other, in the order in which they are answered.
  sendAgain(socket, picture) {
    const head = new DataView(new ArrayBuffer(8));
    head.setFloat64(0, performance.now() / 1000, true);
    this.sent = this.sent
      .then(() => this.codes.get(picture))
      .then((code) => socket.readyState === WebSocket.OPEN && socket.send(new Blob([head, code])))
      .catch(() => socket.close()); // nothing would come back
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
