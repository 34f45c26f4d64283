/** IEEE 754 half precision: float32 ↔ 16-bit patterns, for the borders of float16 graphs. */

/** Every half as float32. 256 KiB, built once; a lookup is faster than arithmetic on each value. */
const VALUES: Float32Array = createValues();

/** Smallest float32 pattern that is normal as a half: 2^-14. */
const NORMAL_MIN = 0x38800000;
/** Pattern of 2^16: from here on everything is infinite or NaN. */
const INFINITE_MIN = 0x47800000;
const FLOAT32_INFINITY = 0x7f800000;
/** Moves the exponent's bias from 127 to 15, at float32's bit places. */
const BIAS_SHIFT = 112 << 23;
/** The rounding unit below a half's last mantissa bit, less one: the kept bit's parity adds the rest. */
const ROUND_UP = 0xfff;
const HALF_INFINITY = 0x7c00;
const HALF_QUIET_NAN = 0x7e00;
/** Adding 0.5 to a number below 2^-14 lines its bits up with a half's subnormals and rounds them to even. */
const SUBNORMAL_MAGIC = 0.5;
const SUBNORMAL_MAGIC_BITS = 0x3f000000;

/** Rounds to nearest, ties to even; beyond 65,520 becomes infinite, NaN stays NaN. */
export function toFloat16(values: Float32Array): Uint16Array {
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const scratch = new Float32Array(1);
  const scratchBits = new Uint32Array(scratch.buffer);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index++) {
    const pattern = patterns[index] ?? 0;
    const sign = (pattern >>> 16) & 0x8000;
    const magnitude = pattern & 0x7fffffff;
    let half: number;
    if (magnitude >= INFINITE_MIN) {
      half = magnitude > FLOAT32_INFINITY ? HALF_QUIET_NAN : HALF_INFINITY;
    } else if (magnitude >= NORMAL_MIN) {
      half = (magnitude - BIAS_SHIFT + ROUND_UP + ((magnitude >>> 13) & 1)) >>> 13;
    } else {
      scratch[0] = Math.abs(values[index] ?? 0) + SUBNORMAL_MAGIC;
      half = (scratchBits[0] ?? 0) - SUBNORMAL_MAGIC_BITS;
    }
    halves[index] = sign | half;
  }
  return halves;
}

/** Exact: every half is a float32. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let index = 0; index < values.length; index++)
    values[index] = VALUES[halves[index] ?? 0] ?? 0;
  return values;
}

function createValues(): Float32Array {
  return Float32Array.from({ length: 0x10000 }, (_, pattern) => {
    const sign = pattern & 0x8000 ? -1 : 1;
    const exponent = (pattern >>> 10) & 0x1f;
    const mantissa = pattern & 0x3ff;
    if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : Number.NaN;
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}
