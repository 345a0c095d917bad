/** How weights are written: bytes with a scale, or halves, which take up to four times the room and lose next to nothing. */
export type Precision = 'int8' | 'float16';

/** Half precision as bits: 1 sign, 5 exponent, 10 mantissa (IEEE 754 binary16), for weights at rest. */

const scratch = new Float32Array(1);
const bits = new Uint32Array(scratch.buffer);

/** The nearest halves, ties to even. What is beyond 65,504 becomes that: weights are finite. */
export function toHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(values, halfOf);
}

/** Exactly the numbers that the halves are. */
export function fromHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(halves, numberOf);
}

const largest = 0x7bff;

function halfOf(value: number): number {
  scratch[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  // 2^-14, the least normal half: below it steps are 2^-24 wide.
  if (magnitude < 0x38800000) return sign | roundEven(Math.abs(value) * 2 ** 24);
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | Math.min(largest, rounded >>> 13);
}

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 1023;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
