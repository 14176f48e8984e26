/**
 * Joins several endless sources in the order their items arrive. Leaving the result early leaves every source.
 */
export async function* mergeByArrival<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void> {
  const open = new Map<AsyncIterator<T>, Promise<Step<T>>>();
  const advance = (iterator: AsyncIterator<T>): void => {
    open.set(iterator, stepOf(iterator));
  };
  for (const source of sources) advance(source[Symbol.asyncIterator]());
  try {
    while (open.size > 0) {
      const { iterator, result } = await Promise.race(open.values());
      if (result.done === true) {
        open.delete(iterator);
        continue;
      }
      yield result.value;
      advance(iterator);
    }
  } finally {
    await leave(open);
  }
}

/** Joins several ending sources, each sorted already, into one sorted by the same measure. */
export async function* mergeSorted<T>(
  sources: readonly AsyncIterable<T>[],
  measure: (item: T) => number,
): AsyncGenerator<T, void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const open = new Map(iterators.map((iterator) => [iterator, stepOf(iterator)]));
  try {
    while (open.size > 0) {
      const steps = await Promise.all(open.values());
      for (const { iterator, result } of steps) if (result.done === true) open.delete(iterator);
      const first = steps.reduce<Item<T> | undefined>((least, { iterator, result }) => {
        if (result.done === true) return least;
        const item = { iterator, value: result.value };
        return least === undefined || measure(item.value) < measure(least.value) ? item : least;
      }, undefined);
      if (first === undefined) return;
      yield first.value;
      open.set(first.iterator, stepOf(first.iterator));
    }
  } finally {
    await leave(open);
  }
}

interface Step<T> {
  readonly iterator: AsyncIterator<T>;
  readonly result: IteratorResult<T>;
}

interface Item<T> {
  readonly iterator: AsyncIterator<T>;
  readonly value: T;
}

async function stepOf<T>(iterator: AsyncIterator<T>): Promise<Step<T>> {
  return { iterator, result: await iterator.next() };
}

/** A pending step may fail while everybody leaves; its failure has nobody left to tell. */
async function leave<T>(open: ReadonlyMap<AsyncIterator<T>, Promise<Step<T>>>): Promise<void> {
  await Promise.allSettled([...open.keys()].map((iterator) => iterator.return?.()));
  for (const step of open.values()) void step.catch(() => undefined);
}
