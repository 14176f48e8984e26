/** Stands in the message stream for "the window's time is over". */
export const WINDOW_EXPIRED = Symbol("window expired");

/**
 * Passes messages on; while `msLeft` says a number, a message that takes longer than that is preceded by WINDOW_EXPIRED, once per
 * expiry. When `open` turns false the stream is passed on without timers.
 */
export async function* watchWindow<Message>(
  stream: AsyncIterable<Message>,
  window: { readonly open: () => boolean; readonly msLeft: () => number | undefined },
): AsyncGenerator<Message | typeof WINDOW_EXPIRED> {
  const iterator = stream[Symbol.asyncIterator]();
  let ended = false;
  try {
    while (window.open()) {
      const pending = iterator.next();
      const first = await raceAgainst(pending, window.msLeft());
      if (first === WINDOW_EXPIRED) yield WINDOW_EXPIRED;
      const step = await pending;
      if (step.done === true) {
        ended = true;
        return;
      }
      yield step.value;
    }
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) yield step.value;
    ended = true;
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) await iterator.return?.();
  }
}

async function raceAgainst<T>(pending: Promise<T>, ms: number | undefined): Promise<T | typeof WINDOW_EXPIRED> {
  if (ms === undefined) return pending;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof WINDOW_EXPIRED>((resolve) => {
    timer = setTimeout(() => resolve(WINDOW_EXPIRED), ms);
  });
  try {
    return await Promise.race([pending, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
