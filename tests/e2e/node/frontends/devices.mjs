// A microphone and a loudspeaker: what a browser gives a page, for Node.
//
// Both keep time. The microphone delivers what it hears, 40 ms every 40 ms unless it is
// told otherwise, silence where nobody speaks; the loudspeaker plays what it is given one
// piece after the other, and can be stopped in the middle. Must not know any protocol.

const USUAL_BYTES = 1920;
const LOOK_MS = 20;
const BYTES_PER_MS = 48; // PCM16, 24 kHz, mono
const BYTES_PER_SAMPLE = 2;

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export class Microphone {
  constructor(bytesPerMs = BYTES_PER_MS) {
    this.bytesPerMs = bytesPerMs;
    this.recorded = [];
    this.waiting = Buffer.alloc(0);
    this.muted = false;
  }

  // `onChunk` is given a Buffer of so many bytes at a time.
  open(onChunk, chunkBytes = USUAL_BYTES) {
    const began = performance.now();
    let due = 0;
    this.timer = setInterval(() => {
      while (due <= performance.now() - began) {
        due += chunkBytes / this.bytesPerMs;
        if (!this.muted) onChunk(this.#next(chunkBytes));
      }
    }, LOOK_MS);
  }

  // Somebody speaks; resolves when the last of it has been heard.
  async say(pcm) {
    this.waiting = Buffer.concat([this.waiting, pcm]);
    while (this.waiting.length > 0) await sleep(LOOK_MS);
  }

  close() {
    clearInterval(this.timer);
  }

  #next(size) {
    const chunk = Buffer.alloc(size);
    this.waiting.copy(chunk);
    this.waiting = this.waiting.subarray(size);
    this.recorded.push(chunk);
    return chunk;
  }
}

export class Loudspeaker {
  #scheduled = [];
  #end = 0;
  #lostMs = 0;

  play(pcm) {
    const start = Math.max(this.#end, performance.now());
    this.#scheduled.push({ start, pcm });
    this.#end = start + pcm.length / BYTES_PER_MS;
  }

  // How much is still to be played.
  get leftMs() {
    return Math.max(0, this.#end - performance.now());
  }

  get playedMs() {
    return this.#played(performance.now()).length / BYTES_PER_MS;
  }

  // What has not been played yet never will be.
  stop() {
    const now = performance.now();
    const played = this.#played(now);
    this.#lostMs += this.leftMs;
    this.#scheduled = [{ start: now - played.length / BYTES_PER_MS, pcm: played }];
    this.#end = Math.min(this.#end, now);
  }

  // What has sounded, or will, since this was last asked, and how much never will; it
  // plays on.
  take() {
    const heard = Buffer.concat(this.#scheduled.map(({ pcm }) => pcm));
    const lostMs = this.#lostMs;
    this.#scheduled = [];
    this.#lostMs = 0;
    return { heard, lostMs };
  }

  #played(now) {
    const parts = this.#scheduled.map(({ start, pcm }) => {
      const samples = Math.floor(((now - start) * BYTES_PER_MS) / BYTES_PER_SAMPLE);
      return pcm.subarray(0, Math.max(0, samples) * BYTES_PER_SAMPLE);
    });
    return Buffer.concat(parts);
  }
}
