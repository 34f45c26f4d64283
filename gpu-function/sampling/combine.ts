/** Weighted sums of arrays: what nearly every step of every sampler is. */

export type Term = readonly [weight: number, values: Float32Array];

/** A new array: the sum of weight · values, added up in doubles and rounded once. At least one term. */
export function combine(...terms: readonly [Term, ...Term[]]): Float32Array {
  const [[firstWeight, first], second, third] = terms;
  const result = new Float32Array(first.length);
  if (terms.length > 3) return combineMany(terms, result);
  const [secondWeight, secondValues] = second ?? [0, first];
  const [thirdWeight, thirdValues] = third ?? [0, first];
  if (second === undefined) {
    for (let i = 0; i < result.length; i++) result[i] = firstWeight * (first[i] ?? 0);
  } else if (third === undefined) {
    for (let i = 0; i < result.length; i++) {
      result[i] = firstWeight * (first[i] ?? 0) + secondWeight * (secondValues[i] ?? 0);
    }
  } else {
    for (let i = 0; i < result.length; i++) {
      result[i] =
        firstWeight * (first[i] ?? 0) +
        secondWeight * (secondValues[i] ?? 0) +
        thirdWeight * (thirdValues[i] ?? 0);
    }
  }
  return result;
}

function combineMany(terms: readonly Term[], result: Float32Array): Float32Array {
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (const [weight, values] of terms) sum += weight * (values[i] ?? 0);
    result[i] = sum;
  }
  return result;
}
