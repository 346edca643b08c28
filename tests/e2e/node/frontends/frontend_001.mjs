// The web frontend of source 001, from its document alone: "Event Types", "Message Flow"
// and "Audio Format" are all that it knows.

import WebSocket from 'ws';

import { sleep } from './devices.mjs';
import { tell, words } from './story.mjs';

let send;

function connect(url, page) {
  const socket = new WebSocket(url);
  send = (message) => socket.send(JSON.stringify(message));
  return new Promise((resolve) => {
    socket.onmessage = ({ data }) => receive(JSON.parse(data), page, () => resolve(socket));
  });
}

function receive(message, page, ready) {
  switch (message.type) {
    case 'session_ready':
      page.microphone.open((pcm) => send({ type: 'audio_input', audio: pcm.toString('base64') }));
      ready();
      break;
    case 'speech_started': // "User speech detected": nobody talks over the user
      page.loudspeaker.stop();
      break;
    case 'audio_chunk': // "Audio data to play"
      page.loudspeaker.play(Buffer.from(message.audio, 'base64'));
      break;
    case 'response_done': // "Ready for next input"
      page.answerEnds();
      break;
    case 'error':
      page.errors.push(message);
      break;
  }
}

// "Clear audio buffer" and "Manually commit buffer (optional with VAD)".
async function byHand(page) {
  await page.microphone.say(words(0, 400));
  page.microphone.muted = true; // in the middle of a word
  send({ type: 'stop_audio' });
  await sleep(300);
  page.microphone.muted = false;
  await page.microphone.say(words(1000, 1800));
  page.microphone.muted = true;
  send({ type: 'commit_audio' });
  await page.answer(4);
}

await tell(connect, byHand);
