// @ts-check
/** The stream of events. It is opened where the history ended and goes on from there after every cut. */

/**
 * @typedef {import('../render.ts').WebCard} WebCard
 * @typedef {'connecting' | 'live' | 'lost'} ConnectionState
 * @typedef {object} ConnectionHandlers
 * @property {(card: WebCard) => void} onCard
 * @property {(jobId: string) => void} onRemove
 * @property {() => void} onRefresh the server cannot tell what was missed: read the history anew
 * @property {(state: ConnectionState) => void} onState
 */

const RETRY_MS = 2_000;

/** @param {ConnectionHandlers} handlers */
export function createConnection(handlers) {
  /** @type {EventSource | undefined} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retryTimer;
  let position = '';

  function close() {
    clearTimeout(retryTimer);
    source?.close();
    source = undefined;
  }

  function open() {
    close();
    const opened = new EventSource(`/api/events?after=${encodeURIComponent(position)}`);
    source = opened;
    /** @param {MessageEvent<string>} event */
    const remember = (event) => {
      position = event.lastEventId;
      return JSON.parse(event.data);
    };
    opened.addEventListener('open', () => handlers.onState('live'));
    opened.addEventListener('card', (event) => handlers.onCard(remember(event)));
    opened.addEventListener('remove', (event) => handlers.onRemove(remember(event).jobId));
    opened.addEventListener('refresh', () => {
      close();
      handlers.onRefresh();
    });
    opened.addEventListener('error', () => {
      if (source !== opened) return;
      handlers.onState('lost');
      // The browser tries again by itself unless the server answered with an error.
      if (opened.readyState === EventSource.CLOSED) retryTimer = setTimeout(open, RETRY_MS);
    });
  }

  return {
    /** @param {string} start a history's position */
    start(start) {
      position = start;
      open();
    },
    /** Gives the connection up; nothing is missed, for it goes on from the same place. */
    pause: close,
    resume() {
      if (source === undefined && position !== '') open();
    },
  };
}
