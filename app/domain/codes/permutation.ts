/**
 * A keyed permutation of the code space: slot 0, 1, 2 … of a pool becomes a code that nobody without the key can foretell,
 * and no two slots become the same one. Uniqueness needs no memory and no look-up, only the next slot's number.
 *
 * The random part is split into two halves, two numbers x < left and y < right. A Feistel network with modular addition
 * (x += F(y), y += F(x), …) is a bijection for any two sizes, so no cycle-walking is needed and no number exceeds 2^53.
 * F looks its input's bytes up in tables drawn from the key by HMAC and AES-CTR, then mixes.
 */
import { createCipheriv, createHmac } from "node:crypto";
import { codeLength, halves, type CodePattern } from "./pattern";

const ROUNDS = 6;
const TABLES = 4;
const ROUND_WORDS = TABLES * 256;
const TWO_32 = 2 ** 32;

export interface CodeMaker {
  /** How many slots there are; exact up to 2^53. */
  space: number;
  /** Characters (and bytes) of every code. */
  codeLength: number;
  /** The code of one slot. */
  codeAt(slot: number): string;
  /** Writes the codes of `count` slots from `slot` on into `target`, each followed by `gap` untouched bytes; `target` starts at the first code. */
  writeCodes(slot: number, count: number, target: Uint8Array, gap: number): void;
}

/** The maker of one pool's codes. The same key, pool and pattern make the same codes for ever. Throws on a slot outside the space. */
export function codeMaker(codeKey: Uint8Array, poolId: bigint, pattern: CodePattern): CodeMaker {
  const { left, right } = halves(pattern);
  const space = left * right;
  const tables = keyTables(codeKey, poolId);
  const length = codeLength(pattern);
  const place = placeOf(pattern);
  const half = new Float64Array(2);

  const writeCode = (slot: number, target: Uint8Array, offset: number) => {
    if (slot >= space || slot < 0) throw new RangeError(`slot ${slot} is outside a space of ${space}`);
    permute(slot, left, right, tables, half);
    place(half, target, offset);
  };
  const one = Buffer.alloc(length);

  return {
    space,
    codeLength: length,
    codeAt(slot) {
      writeCode(slot, one, 0);
      return one.toString("latin1");
    },
    writeCodes(slot, count, target, gap) {
      for (let index = 0; index < count; index++) writeCode(slot + index, target, index * (length + gap));
    },
  };
}

/** Slot → two halves, into `half`. */
function permute(slot: number, left: number, right: number, tables: Uint32Array, half: Float64Array): void {
  let y = Math.floor(slot / left);
  let x = slot - y * left;
  // A multiplication scales F's 32 bits to the half's size; it rounds the same way on every machine.
  const toLeft = left / TWO_32;
  const toRight = right / TWO_32;
  for (let round = 0; round < ROUNDS; round += 2) {
    x += (mix(y, tables, round * ROUND_WORDS) * toLeft) >>> 0;
    if (x >= left) x -= left;
    y += (mix(x, tables, (round + 1) * ROUND_WORDS) * toRight) >>> 0;
    if (y >= right) y -= right;
  }
  half[0] = x;
  half[1] = y;
}

/** The round function: a number below 2^32 from a number below 2^32. Multiplication keeps it from being linear in the tables. */
function mix(value: number, tables: Uint32Array, base: number): number {
  const word = value >>> 0;
  let hash = tableAt(tables, base + (word & 255)) ^ tableAt(tables, base + 256 + ((word >>> 8) & 255));
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash += tableAt(tables, base + 512 + ((word >>> 16) & 255)) ^ tableAt(tables, base + 768 + (word >>> 24));
  hash = Math.imul(hash ^ (hash >>> 16), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function tableAt(tables: Uint32Array, index: number): number {
  return tables[index] ?? 0;
}

/** 24 kB of key material: AES-256-CTR under a key that HMAC draws from the shop's secret and the pool's id. */
function keyTables(codeKey: Uint8Array, poolId: bigint): Uint32Array {
  const key = createHmac("sha256", codeKey).update(`codes of pool ${poolId}`).digest();
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(ROUNDS * ROUND_WORDS * 4));
  // Read byte order explicitly: the same codes on every machine.
  return Uint32Array.from({ length: ROUNDS * ROUND_WORDS }, (_, index) => stream.readUInt32LE(index * 4));
}

/** Writes prefix, dashes and the digits of both halves. Where each character goes is worked out once. */
function placeOf({ prefix, alphabet, length, groupSize }: CodePattern): (half: Float64Array, target: Uint8Array, offset: number) => void {
  const base = alphabet.length;
  const letters = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0));
  const leftLength = length - Math.floor(length / 2);
  const fixed: { at: number; byte: number }[] = [...prefix].map((letter, at) => ({ at, byte: letter.charCodeAt(0) }));
  const at = new Uint8Array(length);
  let next = prefix.length;
  for (let index = 0; index < length; index++) {
    if (groupSize > 0 && index > 0 && index % groupSize === 0) fixed.push({ at: next++, byte: 45 });
    at[index] = next++;
  }

  const triples = tripleTable(letters);
  const cube = base ** 3;
  /** Three characters a step, from the right: one division instead of three. */
  const digits = (value: number, from: number, to: number, target: Uint8Array, offset: number) => {
    let rest = value;
    for (let index = to - 1; index >= from; index -= 3) {
      const quotient = (rest / cube) >>> 0;
      const triple = tableAt(triples, rest - quotient * cube);
      target[offset + (at[index] ?? 0)] = triple & 255;
      if (index > from) target[offset + (at[index - 1] ?? 0)] = (triple >>> 8) & 255;
      if (index > from + 1) target[offset + (at[index - 2] ?? 0)] = triple >>> 16;
      rest = quotient;
    }
  };
  return (half, target, offset) => {
    for (const { at: position, byte } of fixed) target[offset + position] = byte;
    digits(half[0] ?? 0, 0, leftLength, target, offset);
    digits(half[1] ?? 0, leftLength, length, target, offset);
  };
}

/** Every three characters of the alphabet, packed into one number: the last one in the lowest byte. */
function tripleTable(letters: Uint8Array): Uint32Array {
  const packed: number[] = [];
  for (const first of letters) for (const second of letters) for (const third of letters) packed.push((first << 16) | (second << 8) | third);
  return Uint32Array.from(packed);
}
