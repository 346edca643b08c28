// The frontend on the page of `broadcast`, handed over as a module: its address is the
// third argument.

import { pathToFileURL } from 'node:url';

import { spend } from './evening.mjs';

const shown = await import(pathToFileURL(process.argv[4]).href);

// What the program leaves to its page, on our page.
function onto(page, onState = () => {}) {
  return {
    show: (item, text) => page.show(item, text),
    done: (item, text) => page.done(item, text),
    tell: (message) => {
      if (message.type === 'ended') page.hasEnded = true;
      if (message.type === 'error') page.errors.push(message);
      if (message.type === 'room_state') onState();
    },
  };
}

function listen(address, page) {
  return new Promise((resolve) => shown.listen(address, onto(page, resolve)));
}

function speak(address, page, microphone) {
  return new Promise((resolve) => {
    const speaker = shown.speak(address, {
      ...onto(page),
      microphone: (onChunk) => {
        microphone.open(onChunk);
        resolve(speaker);
      },
    });
  });
}

await spend(listen, speak);
