// openai-node, unmodified, as a web app uses it: `node secret_client.mjs BASE_URL KEY`.
//
// A server asks for a secret with its key; a browser, which has the secret alone, shows it
// in a subprotocol. Prints the secret's session, and the one with which the browser begins.

import OpenAI from 'openai';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';

const [, , baseURL, key] = process.argv;
const session = {
  type: 'realtime',
  model: 'gpt-realtime',
  instructions: 'You are a patient tutor.',
  audio: { output: { voice: 'marin' } },
};

const server = new OpenAI({ baseURL, apiKey: key });
const secret = await server.realtime.clientSecrets.create({ session });

const browser = new OpenAI({ baseURL, apiKey: secret.value });
const client = new OpenAIRealtimeWebSocket({ model: 'gpt-realtime' }, browser);
client.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
client.on('session.created', (event) => {
  console.log(JSON.stringify({ made: secret.session, begun: event.session }));
  client.close();
});
