import { type ErrorCode, type ErrorDetails, SluiceError } from "@sluice/platform/errors";
import { type BoundService, bind, type CallContext, type MessageCodec, type RpcDefinition } from "@sluice/platform/rpc";

/** What the suite asks its service to do. */
export interface Ask {
  readonly action: string;
  readonly count?: number;
  readonly bytes?: number;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly details?: ErrorDetails;
}

export interface Answer {
  readonly text?: string;
  readonly index?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly deadlineAt?: number;
}

function json<T>(): MessageCodec<T> {
  return {
    encode: (message) => ({ finish: () => Buffer.from(JSON.stringify(message)) }),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as T,
  };
}

const codecs = { requestType: json<Ask>(), requestStream: false, responseType: json<Answer>() } as const;

/** A contract with one method of each kind, encoded as JSON so that the suite needs no generated code. */
export const ProbeDefinition = {
  name: "ProbeService",
  fullName: "sluice.test.v1.ProbeService",
  methods: {
    ask: { name: "Ask", ...codecs, responseStream: false },
    watch: { name: "Watch", ...codecs, responseStream: true },
  },
} as const satisfies RpcDefinition;

/** What happened on the serving side, for the suite to look at. */
export interface Seen {
  produced: number;
  aborted: string[];
  returned: number;
}

function untilAborted(context: CallContext, seen: Seen): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => {
      const reason = SluiceError.from(context.signal.reason);
      seen.aborted.push(reason.code);
      reject(reason);
    };
    if (context.signal.aborted) onAbort();
    else context.signal.addEventListener("abort", onAbort, { once: true });
  });
}

function refuse(ask: Ask): never {
  if (ask.action === "throw-plain") throw new Error("boom");
  throw new SluiceError(ask.code ?? "internal", ask.message ?? "", {
    details: ask.details ?? {},
    cause: new Error("secret cause"),
  });
}

/** The probe service; `seen` records its side. */
export function probe(seen: Seen): BoundService {
  return bind(ProbeDefinition, {
    ask: async (ask, context) => {
      if (ask.action.startsWith("throw")) refuse(ask);
      if (ask.action === "wait") return untilAborted(context, seen);
      if (ask.action === "deaf") return new Promise<never>(() => undefined);
      if (ask.action === "context") {
        const { metadata, deadlineAt } = context;
        return deadlineAt === undefined ? { metadata } : { metadata, deadlineAt };
      }
      return { text: "x".repeat(ask.bytes ?? 0) || (ask.message ?? "") };
    },
    watch: async function* (ask, context) {
      try {
        if (ask.action === "throw-first") refuse(ask);
        for (let index = 0; index < (ask.count ?? 0); index++) {
          seen.produced++;
          yield { index, text: "x".repeat(ask.bytes ?? 0) };
        }
        if (ask.action.startsWith("throw")) refuse(ask);
        if (ask.action === "wait") await untilAborted(context, seen);
      } finally {
        seen.returned++;
      }
    },
  });
}
