// openai-node, unmodified: `node openai_client.mjs WHICH BASE_URL SPOKEN`.
//
// WHICH is one of the classes below; each forces wss, so the proxy must speak TLS.

import OpenAI, { AzureOpenAI } from 'openai';
import { OpenAIRealtimeWebSocket as BetaWebSocket } from 'openai/beta/realtime/websocket';
import { OpenAIRealtimeWS as BetaWS } from 'openai/beta/realtime/ws';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';

import { BETA, GA, run } from './exchange.mjs';

const CLASSES = {
  ws: [OpenAIRealtimeWS, GA],
  websocket: [OpenAIRealtimeWebSocket, GA],
  'beta-ws': [BetaWS, BETA],
  'beta-websocket': [BetaWebSocket, BETA],
  azure: [OpenAIRealtimeWS, GA],
  'late-ws': [OpenAIRealtimeWS, BETA], // whose handshake does not tell its shape
};

const [, , which, baseURL, spoken] = process.argv;
const [Client, shape] = CLASSES[which];

function open() {
  if (which !== 'azure') {
    return new Client({ model: 'gpt-realtime' }, new OpenAI({ baseURL, apiKey: 'sk-mine' }));
  }
  const apiVersion = '2025-04-01-preview';
  const azure = new AzureOpenAI({ baseURL, apiVersion, apiKey: 'sk-mine' });
  return new Client({ model: 'gpt-realtime' }, azure);
}

await run(shape, spoken, (receive) => {
  const client = open();
  client.on('event', receive);
  client.on('error', (error) => {
    if (error.error) return; // an event of the server's, which `receive` has seen
    console.error(error);
    process.exit(1);
  });
  return client;
});
