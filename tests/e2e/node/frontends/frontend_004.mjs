// The web frontend of source 004, from its document alone: "WebSocket Protocol" and
// "Frontend Event Loop" are all that it knows.

import WebSocket from 'ws';

import { tell } from './story.mjs';

let send;

function connect(url, page) {
  const websocket = new WebSocket(url);
  send = (message) => websocket.send(JSON.stringify(message));
  return new Promise((resolve) => {
    websocket.onmessage = (event) => {
      const data = JSON.parse(event.data);
      switch (data.type) {
        case 'session_ready':
          page.microphone.open((pcm) => send({ type: 'audio', audio: pcm.toString('base64') }));
          resolve(websocket);
          break;
        case 'audio_delta':
          page.loudspeaker.play(Buffer.from(data.audio, 'base64'));
          break;
        case 'text_delta':
          page.shown += data.text;
          break;
        case 'response_done': // stopAudioPlayback()
          page.loudspeaker.stop();
          page.answerEnds();
          break;
      }
    };
  });
}

async function inWriting(page) {
  send({ type: 'text', text: 'Hello, can you explain this research paper?' });
  await page.answer(4);
}

await tell(connect, inWriting);
