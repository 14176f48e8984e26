import { timingSafeEqual } from "node:crypto";
import { SluiceError } from "../errors/index.ts";

const MIN_LENGTH = 16;

/** The installation secret as a door compares it: in constant time. */
export class DoorSecret {
  private readonly expected: Buffer;

  /** @throws internal for a secret too short to be one */
  constructor(secret: string) {
    if (secret.length < MIN_LENGTH) {
      throw new SluiceError(
        "internal",
        `The installation secret has ${secret.length} characters; it needs ${MIN_LENGTH} or more.`,
      );
    }
    this.expected = Buffer.from(`Bearer ${secret}`);
  }

  /** Undefined for the right `authorization` value, otherwise the error to answer with. */
  refuse(given: string | Buffer | undefined): SluiceError | undefined {
    const actual = Buffer.from(given ?? "");
    if (actual.length === this.expected.length && timingSafeEqual(actual, this.expected)) return undefined;
    return new SluiceError(
      "unauthenticated",
      "This door asks for the installation's secret (authorization: Bearer …); give each process the same rpc.secret_file.",
    );
  }
}
