// The web frontend of source 002, from its document alone: "Client Connection Flow",
// "Server Events" and "Integration with Frontend" are all that it knows.

import WebSocket from 'ws';

import { tell } from './story.mjs';

const CHUNK_BYTES = 4096 * 2; // createScriptProcessor(4096, 1, 1)
let send;

function connect(url, page) {
  const socket = new WebSocket(url);
  send = (type, data) => socket.send(JSON.stringify({ type, data }));
  return new Promise((resolve) => {
    socket.onopen = begin;
    socket.onmessage = ({ data }) => receive(JSON.parse(data), page, () => resolve(socket));
  });
}

function begin() {
  send('auth', { userId: 'user-123', conversationId: 'conv-456' });
  send('start_realtime', {
    personalityTraits: {
      playfulness: 70,
      empathy: 80,
      humor: 60,
      intelligence: 75,
      supportiveness: 85,
    },
    voiceSettings: { voice: 'nova', speed: 1.0, pitch: 1.0, volume: 1.0 },
  });
}

function receive({ type, data }, page, ready) {
  switch (type) {
    case 'session_ready':
      page.microphone.open((pcm) => send('audio', { audio: pcm.toString('base64') }), CHUNK_BYTES);
      ready();
      break;
    case 'audio_delta':
      page.loudspeaker.play(Buffer.from(data.audioData, 'base64'));
      break;
    case 'transcription':
      page.shown += data.transcript;
      break;
    case 'response_complete':
      if (typeof data.usage.total_tokens !== 'number') page.errors.push(data);
      page.answerEnds();
      break;
    case 'error':
      page.errors.push(data);
      break;
  }
}

// "Send text messages".
async function inWriting(page) {
  send('text', { text: 'Hello, how are you?' });
  await page.answer(4);
}

await tell(connect, inWriting);
