// An evening in a room: some read along, one speaks, another comes late.
//
// Sees of a frontend only what its pages show. Must not know any protocol.
//
// `node FRONTEND.mjs ROOM SPEECH`; ROOM is an address without a query, SPEECH a file of
// PCM16, 16 kHz, mono. The last line of its output is what everybody has read, as JSON.

import { readFileSync } from 'node:fs';

import { Microphone, sleep } from './devices.mjs';

const BYTES_PER_MS = 32;
const CHUNK_BYTES = 4096; // 128 ms: what an audio worklet gathers
const [, , room, path] = process.argv;
const speech = readFileSync(path);

function words(fromMs, toMs) {
  return speech.subarray(fromMs * BYTES_PER_MS, toMs * BYTES_PER_MS);
}

// What one member has on the screen: lines that grow until they are done.
class Page {
  constructor() {
    this.growing = {};
    this.lines = [];
    this.hasEnded = false;
    this.errors = [];
  }

  show(item, text) {
    this.growing[item] = text;
  }

  done(item, text) {
    this.lines.push({ item, text, grown: this.growing[item] ?? null });
    delete this.growing[item];
  }

  async line(number) {
    while (this.lines.length < number) await sleep(10);
  }

  async end() {
    while (!this.hasEnded) await sleep(10);
  }
}

// `listen(address, page)` shows on the page what is said there; `speak(address, page,
// microphone)` opens the microphone as soon as it may, and resolves to what ends a
// sentence (`commit`) and the evening (`end`). Both resolve once they are in the room.
export async function spend(listen, speak) {
  const pages = { speaker: new Page(), en: new Page(), de: new Page(), late: new Page() };
  await listen(`${room}?role=listener&language=en`, pages.en);
  await listen(`${room}?role=listener&language=de`, pages.de);
  const microphone = new Microphone(BYTES_PER_MS);
  const address = `${room}?role=speaker&language=en`;
  const speaker = await speak(address, pages.speaker, {
    open: (onChunk) => microphone.open(onChunk, CHUNK_BYTES),
  });
  await microphone.say(words(0, 1200));
  speaker.commit(); // the second one ends when turn detection finds its end
  for (const page of [pages.speaker, pages.en, pages.de]) await page.line(1);
  await listen(`${room}?role=listener&language=de`, pages.late);
  await microphone.say(words(1200, 2400));
  for (const page of [pages.speaker, pages.en, pages.de, pages.late]) await page.line(2);
  microphone.close();
  speaker.end();
  for (const page of Object.values(pages)) await page.end();
  console.log(JSON.stringify(pages));
  process.exit(0);
}
