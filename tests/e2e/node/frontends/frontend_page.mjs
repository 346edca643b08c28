// The frontend that the page of `voice` shows, as it stands there: `node frontend_page.mjs
// URL QUESTION MODULE`, MODULE being the program on the page.

import { tell } from './story.mjs';

const [, , , , module] = process.argv;
const { open } = await import(module);

function connect(url, page) {
  return new Promise((resolve) => {
    const socket = open(url, {
      ready: (say) => {
        page.microphone.open(say);
        resolve(socket);
      },
      play: (pcm) => page.loudspeaker.play(pcm),
      stop: () => page.loudspeaker.stop(),
      over: () => page.answerEnds(),
      show: (who, text) => (who === 'error' ? page.errors.push(text) : (page.shown += text)),
    });
  });
}

await tell(connect);
