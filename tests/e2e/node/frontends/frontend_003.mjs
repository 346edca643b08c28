// The web frontend of source 003, from its document alone: the speaker sends audio at 16
// kHz and commits, listeners get transcript and translation as text.

import WebSocket from 'ws';

import { spend } from './evening.mjs';

function connect(url, page, onMessage = () => {}) {
  const ws = new WebSocket(url);
  ws.onmessage = (event) => {
    const data = JSON.parse(event.data);
    switch (data.type) {
      case 'transcript_delta':
      case 'translation_delta':
        page.show(data.itemId, (page.growing[data.itemId] || '') + data.text);
        break;
      case 'transcript_done':
      case 'translation_done':
        page.done(data.itemId, data.text);
        break;
      case 'ended':
        page.hasEnded = true;
        break;
      case 'error':
        page.errors.push(data);
        break;
    }
    onMessage(data);
  };
  return ws;
}

function listen(url, page) {
  return new Promise((resolve) => {
    connect(url, page, (data) => data.type === 'room_state' && resolve());
  });
}

// Knows nothing of a floor: whoever comes first speaks.
function speak(url, page, microphone) {
  const ws = connect(url, page);
  const send = (message) => ws.send(JSON.stringify(message));
  return new Promise((resolve) => {
    ws.onopen = () => {
      microphone.open((pcm) => send({ type: 'audio', audio: pcm.toString('base64') }));
      resolve({ commit: () => send({ type: 'commit' }), end: () => send({ type: 'end' }) });
    };
  });
}

await spend(listen, speak);
