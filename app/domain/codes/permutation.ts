/**
 * A keyed permutation of the code space: slot 0, 1, 2 … of a pool becomes a code that nobody without the key can foretell,
 * and no two slots become the same one. Uniqueness needs no memory and no look-up, only the next slot's number.
 *
 * The random part is split into two halves, two numbers x < left and y < right. A Feistel network with modular addition
 * (x += F(y), y += F(x), …) is a bijection for any two sizes, so no cycle-walking is needed and no number exceeds 2^53.
 * F looks its input's bytes up in tables drawn from the key by HMAC and AES-CTR, then mixes.
 */
import { createCipheriv, createHmac } from "node:crypto";
import { halves, type CodePattern } from "./pattern";

const ROUNDS = 6;
const TABLES = 4;
const ROUND_WORDS = TABLES * 256;
const TWO_32 = 2 ** 32;

export interface CodeMaker {
  /** How many slots there are; exact up to 2^53. */
  space: number;
  /** A code without its random characters: prefix and dashes, and a space where each of them goes. */
  blank: string;
  /** The code of one slot. */
  codeAt(slot: number): string;
  /** Writes the random characters of `count` slots from `slot` on over the blanks in `target`, one of which starts every `stride` bytes. */
  writeCodes(slot: number, count: number, target: Uint8Array, stride: number): void;
}

/** The maker of one pool's codes. The same key, pool and pattern make the same codes for ever. Throws on a slot outside the space. */
export function codeMaker(codeKey: Uint8Array, poolId: bigint, pattern: CodePattern): CodeMaker {
  const { left, right } = halves(pattern);
  const space = left * right;
  const tables = keyTables(codeKey, poolId);
  // A multiplication scales F's 32 bits to the half's size; it rounds the same way on every machine.
  const toLeft = left / TWO_32;
  const toRight = right / TWO_32;
  const blank = blankOf(pattern);
  const { writeLeft, writeRight } = writers(pattern, blank);

  const writeCodes = (slot: number, count: number, target: Uint8Array, stride: number) => {
    if (slot < 0 || slot + count > space) throw new RangeError(`${count} slots from ${slot} on are outside a space of ${space}`);
    let row = Math.floor(slot / left);
    let column = slot - row * left;
    // The first step depends on the row alone, and a row is as long as the left half is large.
    let firstStep = (mix(row, tables, 0) * toLeft) >>> 0;
    for (let index = 0; index < count; index++) {
      let x = column + firstStep;
      if (x >= left) x -= left;
      let y = row + ((mix(x, tables, ROUND_WORDS) * toRight) >>> 0);
      if (y >= right) y -= right;
      for (let base = 2 * ROUND_WORDS; base < ROUNDS * ROUND_WORDS; base += 2 * ROUND_WORDS) {
        x += (mix(y, tables, base) * toLeft) >>> 0;
        if (x >= left) x -= left;
        y += (mix(x, tables, base + ROUND_WORDS) * toRight) >>> 0;
        if (y >= right) y -= right;
      }
      writeLeft(x, target, index * stride);
      writeRight(y, target, index * stride);

      column += 1;
      if (column === left) {
        column = 0;
        row += 1;
        firstStep = (mix(row, tables, 0) * toLeft) >>> 0;
      }
    }
  };

  const one = Buffer.from(blank, "latin1");
  return {
    space,
    blank,
    codeAt(slot) {
      writeCodes(slot, 1, one, one.length);
      return one.toString("latin1");
    },
    writeCodes,
  };
}

/** The round function: a number below 2^32 from a number below 2^32. Multiplication keeps it from being linear in the tables. */
function mix(value: number, tables: Uint32Array, base: number): number {
  const word = value >>> 0;
  let hash = entryAt(tables, base + (word & 255)) ^ entryAt(tables, base + 256 + ((word >>> 8) & 255));
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = (hash + (entryAt(tables, base + 512 + ((word >>> 16) & 255)) ^ entryAt(tables, base + 768 + (word >>> 24)))) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function entryAt(table: Uint32Array | Uint8Array, index: number): number {
  return table[index] ?? 0;
}

/** 24 kB of key material: AES-256-CTR under a key that HMAC draws from the shop's secret and the pool's id. */
function keyTables(codeKey: Uint8Array, poolId: bigint): Uint32Array {
  const key = createHmac("sha256", codeKey).update(`codes of pool ${poolId}`).digest();
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(ROUNDS * ROUND_WORDS * 4));
  // Read byte order explicitly: the same codes on every machine.
  return Uint32Array.from({ length: ROUNDS * ROUND_WORDS }, (_, index) => stream.readUInt32LE(index * 4));
}

const BLANK = " ";

function blankOf({ prefix, length, groupSize }: CodePattern): string {
  const groups = groupSize > 0 ? Math.ceil(length / groupSize) : 1;
  const sizeOf = (group: number) => (groupSize > 0 ? Math.min(groupSize, length - group * groupSize) : length);
  return prefix + Array.from({ length: groups }, (_, group) => BLANK.repeat(sizeOf(group))).join("-");
}

type WriteHalf = (value: number, target: Uint8Array, offset: number) => void;

/** What writes each half's characters to where the blank has its places. */
function writers({ alphabet, length }: CodePattern, blank: string): { writeLeft: WriteHalf; writeRight: WriteHalf } {
  const places = Uint8Array.from([...blank.matchAll(/ /g)], ({ index }) => index);
  const leftLength = length - Math.floor(length / 2);
  const triples = tripleTable(alphabet);
  return { writeLeft: halfWriter(triples, places.subarray(0, leftLength)), writeRight: halfWriter(triples, places.subarray(leftLength)) };
}

/** Three characters a step, from the right: one division instead of three. */
function halfWriter(triples: Uint32Array, places: Uint8Array): WriteHalf {
  const cube = triples.length;
  const last = places.length - 1;
  return (value, target, offset) => {
    let rest = value;
    let index = last;
    for (; index >= 3; index -= 3) {
      const quotient = (rest / cube) >>> 0;
      const triple = entryAt(triples, rest - quotient * cube);
      target[offset + entryAt(places, index)] = triple;
      target[offset + entryAt(places, index - 1)] = triple >>> 8;
      target[offset + entryAt(places, index - 2)] = triple >>> 16;
      rest = quotient;
    }
    const triple = entryAt(triples, rest);
    if (index >= 0) target[offset + entryAt(places, index)] = triple;
    if (index >= 1) target[offset + entryAt(places, index - 1)] = triple >>> 8;
    if (index >= 2) target[offset + entryAt(places, index - 2)] = triple >>> 16;
  };
}

/** Every three characters of the alphabet, packed into one number: the last one in the lowest byte. */
function tripleTable(alphabet: string): Uint32Array {
  const letters = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0));
  const packed: number[] = [];
  for (const first of letters) for (const second of letters) for (const third of letters) packed.push((first << 16) | (second << 8) | third);
  return Uint32Array.from(packed);
}
