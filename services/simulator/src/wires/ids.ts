import { type Random, seededRandom } from "../answer/random.ts";

const BASE_58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE_64 = `${BASE_58}0IOl-_`;

function write(alphabet: string, length: number, random: Random): string {
  let id = "";
  for (let index = 0; index < length; index++) id += alphabet[random.integer(alphabet.length)] ?? "1";
  return id;
}

/** A random base-58 text, as ids are made of. */
export function newBase58(length: number): string {
  return write(BASE_58, length, seededRandom(Math.random() * 4_294_967_296));
}

/** A random base-64 text of the URL alphabet. */
export function newBase64(length: number): string {
  return write(BASE_64, length, seededRandom(Math.random() * 4_294_967_296));
}
