import { connect, createServer, type Socket } from "node:net";

/** An address behind which servers change, as behind a name or a proxy that fails over. */
export interface SwitchingProxy {
  readonly port: number;
  /** From now on connections lead to this port; those of before are cut. */
  switchTo(port: number): void;
  /** Cuts all connections and takes no new ones through until it is switched. */
  cut(): void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 and passes everything on to `port`. */
export async function startProxy(port: number): Promise<SwitchingProxy> {
  const open = new Set<Socket>();
  let target: number | undefined = port;
  const server = createServer((client) => {
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(target, "127.0.0.1");
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const cut = (): void => {
    target = undefined;
    for (const socket of open) socket.destroy();
  };
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    switchTo: (next) => {
      cut();
      target = next;
    },
    cut,
    close: async () => {
      cut();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}
