// A person at a frontend: asks, listens, asks again, speaks into the answer.
//
// Sees of a frontend only what a page has: its microphone, its loudspeaker, and that
// an answer is over. Must not know any protocol.
//
// `node FRONTEND.mjs URL QUESTION`; QUESTION is a file of PCM16, 24 kHz, mono. The last
// line of its output is what the person has heard, as JSON.

import { readFileSync } from 'node:fs';

import { Loudspeaker, Microphone, sleep } from './devices.mjs';

const BYTES_PER_MS = 48;
const [, , url, path] = process.argv;
const question = readFileSync(path);

export function words(fromMs, toMs) {
  return question.subarray(fromMs * BYTES_PER_MS, toMs * BYTES_PER_MS);
}

// What every frontend has, whatever it speaks.
export class Page {
  constructor() {
    this.microphone = new Microphone();
    this.loudspeaker = new Loudspeaker();
    this.answers = [];
    this.errors = [];
    this.shown = '';
  }

  // The page calls this when its protocol says that an answer is over.
  answerEnds() {
    const leftMs = this.loudspeaker.leftMs;
    const { heard, lostMs } = this.loudspeaker.take();
    this.answers.push({ audio: heard.toString('base64'), leftMs, lostMs, shown: this.shown });
    this.shown = '';
  }

  async answer(number) {
    while (this.answers.length < number) await sleep(10);
  }

  async sounding(ms) {
    while (this.loudspeaker.playedMs < ms) await sleep(10);
  }
}

// `connect(url, page)` resolves when the person may speak; `rest(page)` is what else the
// frontend's own document promises.
export async function tell(connect, rest = async () => {}) {
  const page = new Page();
  const socket = await connect(url, page);
  await page.microphone.say(words(0, 1000));
  await page.answer(1);
  await page.microphone.say(words(1000, 2400));
  await page.sounding(400);
  const spokenOverMs = page.loudspeaker.playedMs;
  await page.microphone.say(words(0, 700));
  await page.answer(3);
  await rest(page);
  page.microphone.close();
  const said = Buffer.concat(page.microphone.recorded).toString('base64');
  const { answers, errors } = page;
  console.log(JSON.stringify({ said, answers, errors, spokenOverMs }));
  socket.close();
}
