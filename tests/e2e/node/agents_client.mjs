// @openai/agents-realtime, unmodified: `node agents_client.mjs URL SPOKEN`.
//
// A session as its users run it: an agent speaks, is interrupted by speech, and the
// SDK itself truncates what it takes for unheard: what came after real time.

import { readFileSync } from 'node:fs';

import { RealtimeAgent, RealtimeSession } from '@openai/agents-realtime';

const CHUNK_BYTES = 1920;
const [, , url, path] = process.argv;
const spoken = readFileSync(path);

const agent = new RealtimeAgent({ name: 'parrot', instructions: 'Say it back.' });
const session = new RealtimeSession(agent, {
  transport: 'websocket',
  model: 'gpt-realtime-2.1',
  config: { audio: { input: { turnDetection: { type: 'server_vad', silenceDurationMs: 300 } } } },
});

const told = { types: [], errors: [], answers: [], interrupted: 0 };
let heard = [];
let item; // the one that is interrupted

function speak() {
  for (let at = 0; at < spoken.length; at += CHUNK_BYTES) {
    const chunk = spoken.subarray(at, at + CHUNK_BYTES);
    session.sendAudio(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.byteLength));
  }
}

function close(response) {
  told.answers.push({ status: response.status, audio: Buffer.concat(heard).toString('base64') });
  heard = [];
}

session.on('error', (error) => told.errors.push(error.error ?? error));
session.on('audio', (event) => heard.push(Buffer.from(event.data)));
session.on('audio_interrupted', () => {
  told.interrupted += 1;
});

const over = new Promise((resolve) => {
  const steps = [
    (event) => event.type === 'session.updated' && (speak(), true),
    (event) => event.type === 'response.done' && (close(event.response), speak(), true),
    (event) => event.type === 'response.output_audio.delta' && ((item = event.item_id), speak(), true),
    (event) => event.type === 'response.done' && (close(event.response), true),
    (event) => event.type === 'response.done' && (close(event.response), resolve(), true),
  ];
  session.transport.on('*', (event) => {
    told.types.push(event.type);
    const truncated = event.type === 'conversation.item.truncated';
    if (truncated && event.item_id === item) told.truncated = event.audio_end_ms;
    if (steps.length > 0 && steps[0](event)) steps.shift();
  });
});

await session.connect({ apiKey: 'sk-mine', url });
await over;
told.history = session.history.map((item) => item.status ?? item.type);
session.close();
console.log(JSON.stringify(told));
