// Recording a voice sample in the browser. The recording is put into the form's own file field, so it is
// sent like any chosen file, and without this script one chooses a file.

const ENOUGH_S = 15;
const GOOD_S = 20;
const LONGEST_S = 120;
const QUIETEST_DB = -60; // the meter's left end
const TOO_LOUD = 0.97; // of full scale
const KINDS = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/mp4", "m4a"],
  ["audio/ogg;codecs=opus", "ogg"],
];
// As it is in the room: what these would change is what the voice is fitted to.
const MICROPHONE = { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } };

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function why(error) {
  if (error.name === "NotAllowedError") return "The browser may not use the microphone. Allow it at the address bar, then try again.";
  if (error.name === "NotFoundError") return "There is no microphone. Connect one, or choose a file.";
  if (error.name === "NotReadableError") return "Another program is using the microphone. Close it, then try again.";
  return "Recording did not work here. Choose a file instead.";
}

class Recorder {
  constructor(form) {
    const find = (name) => form.querySelector(`[data-recorder-${name}]`);
    this.box = find("box");
    this.switch = find("switch");
    this.word = find("word");
    this.time = find("time");
    this.level = find("level");
    this.told = find("told");
    this.playback = find("playback");
    this.field = form.querySelector("input[type=file]");
    this.kind = KINDS.find(([type]) => window.MediaRecorder?.isTypeSupported(type));
    this.box.hidden = false;
    if (!navigator.mediaDevices || !this.kind) {
      this.switch.disabled = true;
      this.tell(window.isSecureContext
        ? "This browser cannot record. Choose a file instead."
        : "Browsers record only over https or on the machine itself. Choose a file instead.");
      return;
    }
    this.switch.addEventListener("click", () => (this.media ? this.stop() : this.start()));
    addEventListener("pagehide", () => this.media && this.stop());
  }

  tell(text) {
    this.told.textContent = text;
  }

  async start() {
    this.switch.disabled = true;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia(MICROPHONE);
    } catch (error) {
      this.tell(why(error));
      return;
    } finally {
      this.switch.disabled = false;
    }
    this.pieces = [];
    this.loudest = 0;
    this.media = new MediaRecorder(this.stream, { mimeType: this.kind[0], audioBitsPerSecond: 128000 });
    this.media.addEventListener("dataavailable", (event) => this.pieces.push(event.data));
    this.media.addEventListener("stop", () => this.keep());
    this.media.start(1000);
    this.began = performance.now();
    this.word.textContent = "Stop";
    this.playback.hidden = true;
    this.tell("Speak now.");
    this.listen();
  }

  listen() {
    this.sound = new AudioContext();
    const analyser = new AnalyserNode(this.sound, { fftSize: 2048 });
    this.sound.createMediaStreamSource(this.stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {
      if (!this.media) return;
      analyser.getFloatTimeDomainData(samples);
      this.show(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0));
      if (this.seconds() >= LONGEST_S) this.stop();
      else requestAnimationFrame(look);
    };
    look();
  }

  seconds() {
    return (performance.now() - this.began) / 1000;
  }

  show(peak) {
    const db = Math.max(20 * Math.log10(peak || 1e-6), QUIETEST_DB);
    this.level.value = 100 * (1 - db / QUIETEST_DB);
    this.loudest = Math.max(this.loudest, peak);
    const seconds = this.seconds();
    this.time.textContent = clock(seconds);
    let text = "Speak now.";
    if (this.loudest > TOO_LOUD) text = "Too loud: move away from the microphone a little and start again.";
    else if (seconds >= GOOD_S) text = "That is enough. Stop when your sentence ends.";
    else if (seconds >= ENOUGH_S) text = "A little more is better.";
    if (this.told.textContent !== text) this.tell(text);
  }

  stop() {
    this.length = this.seconds();
    this.media.stop();
    this.media = null;
    for (const track of this.stream.getTracks()) track.stop();
    this.sound.close();
    this.level.value = 0;
    this.word.textContent = "Record again";
  }

  keep() {
    const [type, suffix] = this.kind;
    const recording = new File(this.pieces, `recording.${suffix}`, { type: type.split(";")[0] });
    const files = new DataTransfer();
    files.items.add(recording);
    this.field.files = files.files;
    if (this.playback.src) URL.revokeObjectURL(this.playback.src);
    this.playback.src = URL.createObjectURL(recording);
    this.playback.hidden = false;
    const heard = `${clock(this.length)} recorded.`;
    if (this.length < ENOUGH_S) this.tell(`${heard} ${ENOUGH_S} seconds are needed; record again.`);
    else if (this.loudest > TOO_LOUD) this.tell(`${heard} It is too loud in places. Listen to it; recording again is better.`);
    else this.tell(`${heard} Listen to it, then add it below.`);
  }
}

function prepare(root) {
  for (const form of root.querySelectorAll("form[data-recorder]:not([data-recorder-ready])")) {
    form.dataset.recorderReady = "yes";
    new Recorder(form);
  }
}
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? document));
