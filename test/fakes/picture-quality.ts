/** How alike two pictures of one size are, by the usual figures. RGB bytes in rows. */

interface Picture {
  pixels: ArrayLike<number>;
  widthPx: number;
  heightPx: number;
}

/** Peak signal-to-noise ratio in decibels; the higher the more alike. */
export function signalToNoise(a: Picture, b: Picture): number {
  let sum = 0;
  for (let at = 0; at < a.pixels.length; at++) {
    sum += ((a.pixels[at] ?? 0) - (b.pixels[at] ?? 0)) ** 2;
  }
  return 10 * Math.log10(255 ** 2 / (sum / a.pixels.length));
}

/** Structural similarity of the luminance over windows of 8×8 (Wang et al. 2004), 1 for equal pictures. */
export function structuralSimilarity(a: Picture, b: Picture): number {
  const [x, y] = [luminance(a), luminance(b)];
  let sum = 0;
  let count = 0;
  for (let top = 0; top + 8 <= a.heightPx; top += 4) {
    for (let left = 0; left + 8 <= a.widthPx; left += 4) {
      sum += compareWindow(x, y, top * a.widthPx + left, a.widthPx);
      count += 1;
    }
  }
  return sum / count;
}

/** Of neighbouring pixels across a vertical line at `x`: the mean absolute difference of all channels. */
export function gradientAcross({ pixels, widthPx, heightPx }: Picture, x: number): number {
  let sum = 0;
  for (let y = 0; y < heightPx; y++) {
    for (let channel = 0; channel < 3; channel++) {
      const right = (y * widthPx + (x % widthPx)) * 3 + channel;
      const left = (y * widthPx + ((x - 1 + widthPx) % widthPx)) * 3 + channel;
      sum += Math.abs((pixels[right] ?? 0) - (pixels[left] ?? 0));
    }
  }
  return sum / heightPx / 3;
}

export function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / a.length;
}

function luminance({ pixels, widthPx, heightPx }: Picture): Float64Array {
  return Float64Array.from({ length: widthPx * heightPx }, (_, place) => {
    const at = place * 3;
    return (
      0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0)
    );
  });
}

function compareWindow(x: Float64Array, y: Float64Array, start: number, widthPx: number): number {
  let [sumX, sumY, sumXx, sumYy, sumXy] = [0, 0, 0, 0, 0];
  for (let place = 0; place < 64; place++) {
    const at = start + Math.floor(place / 8) * widthPx + (place % 8);
    const [p, q] = [x[at] ?? 0, y[at] ?? 0];
    sumX += p;
    sumY += q;
    sumXx += p * p;
    sumYy += q * q;
    sumXy += p * q;
  }
  const [meanX, meanY] = [sumX / 64, sumY / 64];
  const [varianceX, varianceY] = [sumXx / 64 - meanX ** 2, sumYy / 64 - meanY ** 2];
  const covariance = sumXy / 64 - meanX * meanY;
  const [small, smaller] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  return (
    ((2 * meanX * meanY + small) * (2 * covariance + smaller)) /
    ((meanX ** 2 + meanY ** 2 + small) * (varianceX + varianceY + smaller))
  );
}
