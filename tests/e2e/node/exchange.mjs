// One conversation of a client of the Realtime protocol, whichever client carries it:
// a spoken question is answered, a second answer is interrupted by speaking into it.
//
// Knows the two shapes of the protocol by their names of events; must not know the
// client: it is handed `send` and feeds on `receive`.

import { readFileSync } from 'node:fs';

const CHUNK_BYTES = 1920; // 40 ms of PCM16 at 24 kHz
const BYTES_PER_MS = 48;

const DETECTION = { type: 'server_vad', silence_duration_ms: 300 };

export const GA = {
  audio: 'response.output_audio.delta',
  update: { type: 'realtime', audio: { input: { turn_detection: DETECTION } } },
};

export const BETA = {
  audio: 'response.audio.delta',
  update: {
    modalities: ['text', 'audio'],
    input_audio_format: 'pcm16',
    output_audio_format: 'pcm16',
    turn_detection: DETECTION,
    temperature: 0.7,
  },
};

export class Exchange {
  // `send` takes a client event; `spoken` is a file of PCM16, silence at both ends.
  constructor(shape, send, spoken) {
    this.shape = shape;
    this.send = send;
    this.spoken = readFileSync(spoken);
    this.types = [];
    this.errors = [];
    this.answers = [];
    this.step = this.begin;
    this.over = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  receive(event) {
    this.types.push(event.type);
    if (event.type === 'error') this.errors.push(event.error);
    if (event.type === this.shape.audio) this.heard.push(Buffer.from(event.delta, 'base64'));
    this.step(event);
  }

  speak() {
    for (let at = 0; at < this.spoken.length; at += CHUNK_BYTES) {
      const audio = this.spoken.subarray(at, at + CHUNK_BYTES).toString('base64');
      this.send({ type: 'input_audio_buffer.append', audio });
    }
  }

  begin(event) {
    if (event.type === 'session.created') {
      this.send({ type: 'session.update', session: this.shape.update, event_id: 'mine-1' });
    } else if (event.type === 'session.updated') {
      this.session = event.session;
      this.speak();
      this.step = this.answered;
    } else if (event.type === 'error') {
      this.finish();
    }
    this.heard = [];
  }

  answered(event) {
    if (event.type === 'response.done') {
      this.close(event.response);
      this.speak();
      this.step = this.interrupting;
    }
  }

  interrupting(event) {
    if (event.type === this.shape.audio) {
      this.item = event.item_id;
      this.speak();
      this.step = this.interrupted;
    }
  }

  interrupted(event) {
    if (event.type === 'response.done') {
      const heard = Math.floor(Buffer.concat(this.heard).length / BYTES_PER_MS);
      this.close(event.response);
      this.send({
        type: 'conversation.item.truncate',
        item_id: this.item,
        content_index: 0,
        audio_end_ms: Math.min(heard, 40),
      });
      this.step = this.ending;
    }
  }

  ending(event) {
    if (event.type === 'conversation.item.truncated') this.truncated = event.audio_end_ms;
    if (event.type === 'response.done') {
      this.close(event.response);
      this.finish();
    }
  }

  close(response) {
    const audio = Buffer.concat(this.heard).toString('base64');
    this.answers.push({ status: response.status, audio, output: response.output });
    this.heard = [];
  }

  finish() {
    const { types, errors, answers, truncated, session } = this;
    this.resolve({ types, errors, answers, truncated, session });
  }
}

// Runs an exchange to its end and says how it went; `connect` opens the client and
// returns what closes it.
export async function run(shape, spoken, connect) {
  let client;
  const exchange = new Exchange(shape, (event) => client.send(event), spoken);
  client = await connect((event) => exchange.receive(event));
  const told = await exchange.over;
  client.close();
  console.log(JSON.stringify(told));
}
