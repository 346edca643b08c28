// The relay in Node, on `ws`: the dialect `voice` on one side, the upstream on the other.
//
//     node relay.js PORT UPSTREAM_URL
//
// `ws` is looked for from the working directory. Like every relay here it unwraps each
// message and wraps it for the other side, and nothing else.
"use strict";

const http = require("node:http");
const { createRequire } = require("node:module");

const { WebSocket, WebSocketServer } = createRequire(`${process.cwd()}/`)("ws");

const [port, upstreamUrl] = process.argv.slice(2);

const SESSION_UPDATE = JSON.stringify({
  type: "session.update",
  session: {
    type: "realtime",
    output_modalities: ["audio"],
    instructions: "You are Ally. Be warm and brief.",
    audio: {
      input: { format: { type: "audio/pcm", rate: 24000 } },
      output: { format: { type: "audio/pcm", rate: 24000 }, voice: "alloy" },
    },
  },
});

function forUpstream(message) {
  switch (message.type) {
    case "audio_input":
      return { type: "input_audio_buffer.append", audio: message.audio };
    case "commit_audio":
      return { type: "input_audio_buffer.commit" };
    case "stop_audio":
      return { type: "input_audio_buffer.clear" };
    default:
      return null;
  }
}

function forClient(event) {
  switch (event.type) {
    case "response.output_audio.delta":
      return { type: "audio_chunk", audio: event.delta };
    case "response.output_audio_transcript.delta":
      return {
        type: "transcript",
        role: "assistant",
        itemId: event.item_id,
        text: event.delta,
        final: false,
      };
    case "session.updated":
      return { type: "session_ready" };
    case "input_audio_buffer.speech_started":
      return { type: "speech_started" };
    case "input_audio_buffer.speech_stopped":
      return { type: "speech_stopped" };
    case "response.created":
      return { type: "response_started", responseId: event.response.id };
    case "response.output_audio.done":
      return { type: "audio_done" };
    case "response.done":
      return { type: "response_done" };
    default:
      return null;
  }
}

function relay(client) {
  const upstream = new WebSocket(upstreamUrl, { perMessageDeflate: false });
  const early = [];
  upstream.on("open", () => {
    upstream.send(SESSION_UPDATE);
    early.splice(0).forEach((text) => upstream.send(text));
  });
  upstream.on("message", (data) => {
    const message = forClient(JSON.parse(data));
    if (message !== null) client.send(JSON.stringify(message));
  });
  client.on("message", (data) => {
    const event = forUpstream(JSON.parse(data));
    if (event === null) return;
    const text = JSON.stringify(event);
    if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
    else early.push(text);
  });
  client.on("close", () => upstream.close());
  upstream.on("close", () => client.close());
  client.on("error", () => upstream.terminate());
  upstream.on("error", () => client.terminate());
}

const server = http.createServer((_request, response) => response.end("ok"));
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", relay);
server.listen(Number(port), "127.0.0.1");
